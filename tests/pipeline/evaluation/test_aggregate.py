"""Aggregation over folds and seeds, on a table small enough to work by hand."""

import math

import pandas as pd
import pytest

from pipeline.evaluation.aggregate import (
    AVERAGE,
    DECLINE,
    best,
    rates_in,
    rates_of_ime,
    rates_of_ume,
    run_table,
    runs_of,
)

COLUMNS = ["task", "method", "train_rate", "fold", "seed", "rate", "metric", "value"]


@pytest.fixture
def scores():
    rows = [
        ("t", "m", "0.7", fold, 0, rate, "weighted_f1", value)
        for fold, rate, value in [(0, 0.0, 0.8), (0, 0.7, 0.6), (1, 0.0, 0.6), (1, 0.7, 0.2)]
    ]
    rows.append(("t", "m", "0.0", 0, 0, 0.0, "weighted_f1", 0.9))
    rows.append(("t", "floor", "", 0, 0, 0.0, "weighted_f1", 0.3))
    return pd.DataFrame(rows, columns=COLUMNS)


def test_average_and_decline_are_taken_within_a_run(scores):
    table = run_table(rates_of_ume(scores, "0.7"), "weighted_f1")
    assert rates_in(table) == ("0.0", "0.7")
    assert runs_of(table, "m", AVERAGE).tolist() == pytest.approx([0.7, 0.4])
    assert runs_of(table, "m", DECLINE).tolist() == pytest.approx([0.2, 0.4])
    assert runs_of(table, "m", "0.0").std() == pytest.approx(0.2 / 2**0.5)


def test_a_run_that_lacks_a_rate_has_no_average(scores):
    table = run_table(rates_of_ume(scores, "0.7"), "weighted_f1")
    assert math.isnan(table.loc[("floor", 0, 0), AVERAGE])
    assert runs_of(table, "floor", AVERAGE).empty
    assert runs_of(table, "nobody", "0.0").empty


def test_ime_keeps_only_models_tested_at_their_own_rate(scores):
    kept = rates_of_ime(scores[scores["method"] == "m"])
    assert sorted(zip(kept["train_rate"], kept["rate"], strict=True)) == [
        ("0.0", 0.0),
        ("0.7", 0.7),
        ("0.7", 0.7),
    ]


def test_scores_that_stand_twice_are_refused(scores):
    with pytest.raises(ValueError, match="2 scores stand twice"):
        run_table(pd.concat([scores[:2], scores[:2]]), "weighted_f1")


def test_the_best_has_the_highest_mean_and_may_be_nobody(scores):
    table = run_table(rates_of_ume(scores, "0.7"), "weighted_f1")
    assert best(table, ["floor", "m"], "0.0") == "m"
    assert best(table, ["nobody"], "0.0") == ""
