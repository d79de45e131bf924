"""Scores by what of an utterance could be used: counted again from masks and predictions."""

import pandas as pd
import pytest
from sklearn.metrics import f1_score

from pipeline.report.masked_folds import masked_folds
from pipeline.report.pattern_table import pattern_table, patterns_of


def test_a_score_is_that_of_the_rows_of_its_pattern(two_methods):
    build, _ = two_methods
    results = build.results()
    patterns = patterns_of(results)[0]
    path = build.folder / "t/runs/gcnet/0.5/fold0_seed1/predictions.csv"
    table = pd.read_csv(path, dtype={"rate": str})
    keys = zip(table["rate"], table["utterance_id"], strict=True)
    own = table[[patterns[key] == "audio+text" for key in keys]]
    expected = f1_score(own["target"], own["predicted"], average="weighted", zero_division=0)

    data = pattern_table(results, "ume").data
    row = data[(data["method"] == "gcnet") & (data["fold"] == 0) & (data["seed"] == 1)]
    found = row[row["pattern"] == "audio+text"]["value"].item()
    assert found == pytest.approx(expected)


def test_heads_count_utterances_once_at_each_rate(two_methods):
    build, _ = two_methods
    results = build.results()
    table = pattern_table(results, "ume")
    n_all = sum(fold.usable.all(axis=1).sum() for fold in masked_folds(results))
    assert table.heads["audio+text+visual"] == f"{n_all} utterances"
    counted = [int(head.partition(" ")[0]) for head in table.heads.values()]
    assert sum(counted) == 2 * len(build.utterances)


def test_one_pattern_alone_is_no_table(make_build):
    build = make_build(
        modalities=("text",), protocol={"rates": [0.0]}, methods={"gru": {"model": "gru"}}
    )
    assert pattern_table(build.results(), "ume") is None
