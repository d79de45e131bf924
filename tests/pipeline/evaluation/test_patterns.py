"""Scores by what of an utterance could be used, against loops and hand arithmetic."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import f1_score

from pipeline.evaluation.patterns import balance, scores_by_pattern

ALL = ("audio", "text", "visual")


def test_scores_by_pattern_equal_a_loop():
    rng = np.random.default_rng(0)
    rows = [(rate, f"u{n}") for rate in ("0.0", "0.5") for n in range(40)]
    pattern_of = {key: str(rng.choice(["audio", "text", "nothing"])) for key in rows}
    table = pd.DataFrame(rows, columns=["rate", "utterance_id"])
    table["target"], table["predicted"] = rng.choice(["a", "b"], (2, len(rows)))

    def score(group):
        return f1_score(group["target"], group["predicted"], average="weighted")

    found = scores_by_pattern(table, pattern_of, score)
    assert set(found) == {"audio", "text", "nothing"}
    for name in found:
        own = [n for n, key in enumerate(rows) if pattern_of[key] == name]
        assert found[name] == pytest.approx(score(table.iloc[own]))


def test_balance_by_hand():
    values = {
        **{"audio": 0.4, "text": 0.7, "visual": 0.5},
        **{"audio+text": 0.75, "audio+visual": 0.55, "text+visual": 0.72},
        "audio+text+visual": 0.8,
    }
    found = dict(balance(values, ALL))
    assert found["worst alone"] == 0.4
    assert found["gap alone"] == pytest.approx(0.3)
    assert found["lost without text"] == pytest.approx(0.25)
    assert found["lost without audio"] == pytest.approx(0.08)
