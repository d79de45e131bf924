"""Aggregation over folds and seeds, on a table small enough to work by hand."""

import pandas as pd
import pytest

from pipeline.evaluation.aggregate import AVERAGE, rates_of_ime, rates_of_ume, summarize


@pytest.fixture
def scores():
    rows = [
        ("t", "m", "0.7", fold, 0, rate, "weighted_f1", value)
        for fold, rate, value in [(0, 0.0, 0.8), (0, 0.7, 0.6), (1, 0.0, 0.6), (1, 0.7, 0.2)]
    ]
    rows.append(("t", "m", "0.0", 0, 0, 0.0, "weighted_f1", 0.9))
    columns = ["task", "method", "train_rate", "fold", "seed", "rate", "metric", "value"]
    return pd.DataFrame(rows, columns=columns)


def test_mean_deviation_and_average_over_rates(scores):
    table = summarize(rates_of_ume(scores, "0.7"), "weighted_f1").set_index("rate")
    assert table.loc["0.0", "mean"] == pytest.approx(0.7)
    assert table.loc["0.0", "std"] == pytest.approx(0.2 / 2**0.5)
    assert table.loc[AVERAGE, "mean"] == pytest.approx((0.7 + 0.4) / 2)
    assert table.loc[AVERAGE, "n"] == 2


def test_ime_keeps_only_models_tested_at_their_own_rate(scores):
    kept = rates_of_ime(scores)
    assert sorted(zip(kept["train_rate"], kept["rate"], strict=True)) == [
        ("0.0", 0.0),
        ("0.7", 0.7),
        ("0.7", 0.7),
    ]
