"""Equity between modalities: numbers of single runs, by hand."""

import pandas as pd
import pytest

from pipeline.report.balance_table import SOME_LACK_IT, balance_table
from pipeline.report.masked_folds import shares_with_nothing

ALL = ["subsets"]


def scores_of(build, subset, fold, seed):
    scores = pd.read_csv(build.folder / "t" / "scores.csv")
    rows = scores[(scores["method"] == "iteacnet") & (scores["metric"] == "weighted_f1")]
    rows = rows[(rows["fold"] == fold) & (rows["seed"] == seed) & (rows["rate"] == subset)]
    return rows["value"].item()


def test_gap_and_losses_are_differences_within_each_run(make_build):
    build = make_build(conditions=ALL)
    table = balance_table(build.results(), "ume", shares_with_nothing(build.results()))
    data = table.data[(table.data["method"] == "iteacnet")].set_index(["fold", "seed", "what"])
    for fold, seed in ((0, 0), (1, 1)):
        alone = [scores_of(build, f"only:{m}", fold, seed) for m in ("audio", "text", "visual")]
        whole = scores_of(build, "only:audio+text+visual", fold, seed)
        rest = scores_of(build, "only:audio+visual", fold, seed)
        found = data.loc[fold, seed]["value"]
        assert found["gap alone"] == pytest.approx(max(alone) - min(alone))
        assert found["worst alone"] == pytest.approx(min(alone))
        assert found["lost without text"] == pytest.approx(whole - rest)
    assert len(table.data) == 2 * 2 * 2 * len(table.columns[1:])  # methods, folds, seeds


def test_without_every_subset_there_is_no_table(two_methods):
    build, _ = two_methods
    assert balance_table(build.results(), "ume", {}) is None


def test_a_modality_that_few_have_is_marked_as_such(make_build):
    build = make_build(conditions=ALL)
    emptied = shares_with_nothing(build.results())
    whole = balance_table(build.results(), "ume", dict.fromkeys(emptied, 0.0))
    assert whole.heads == {}
    assert SOME_LACK_IT not in whole.note
    table = balance_table(build.results(), "ume", emptied | {"only:audio": 0.9375})
    assert table.heads["audio alone"] == "of 6.2 %"
    assert table.note.endswith(SOME_LACK_IT)
