"""Probabilities and their worth: counts against hand arithmetic, intervals against scipy."""

import math

import numpy as np
import pytest
from scipy.stats import binomtest

from pipeline.base import large_arrays
from pipeline.config.tasks import ScoredTask
from pipeline.evaluation.calibration import Calibration, Judged, calibrate
from pipeline.evaluation.calibration_table import CalibratedRun, reliability_rows
from pipeline.evaluation.predictions import probabilities
from pipeline.evaluation.reliability import Bins, bins_of, wilson
from pipeline.evaluation.temperature import (
    as_signs,
)
from tests.pipeline.evaluation.test_temperature import drawn

CLASSES = ("a", "b", "c")


def test_ece_by_hand():
    """Two of three right at 0.95 each, one of one right at 0.45: |2.85 - 2| + |0.45 - 1| over 4."""
    shares = np.array([[0.95, 0.05, 0], [0.95, 0.05, 0], [0.95, 0.05, 0], [0.3, 0.45, 0.25]])
    bins = bins_of(shares, np.array([0, 0, 2, 1]))
    assert bins.n == (0, 0, 0, 0, 1, 0, 0, 0, 0, 3)
    assert bins.n_right == (0, 0, 0, 0, 1, 0, 0, 0, 0, 2)
    assert bins.ece == pytest.approx((0.85 + 0.55) / 4)
    assert bins.accuracy == 3 / 4
    assert (bins + bins).ece == pytest.approx(bins.ece)
    assert (bins + bins).total == 8
    assert math.isnan(bins_of(shares[:0], np.zeros(0, np.int64)).ece)
    assert bins_of(np.array([[1.0, 0.0]]), np.array([0])).n[-1] == 1


def test_the_error_that_chance_leaves_is_that_of_a_simulation():
    rng = np.random.default_rng(0)
    shares = probabilities(rng.normal(size=(300, 3)))
    drawn_errors = [
        bins_of(shares, (rng.random((300, 1)) > shares.cumsum(axis=1)).sum(axis=1).clip(max=2)).ece
        for _ in range(300)
    ]
    found = bins_of(shares, np.zeros(300, np.int64)).least_ece(300)
    assert found == pytest.approx(np.mean(drawn_errors), rel=0.15)


@pytest.mark.parametrize(("n_right", "n"), [(0, 5), (3, 7), (50, 60), (9, 9)])
def test_intervals_are_those_of_scipy(n_right, n):
    expected = binomtest(n_right, n).proportion_ci(method="wilson")
    assert wilson(n_right / n, n) == pytest.approx((expected.low, expected.high))
    assert wilson(0.0, 0) == (0.0, 1.0)


def test_a_temperature_that_the_rows_do_not_bear_out_is_not_used():
    """Rows that are honest as they are: a temperature would be fitted to their noise."""
    task = ScoredTask(kind="classification", classes=CLASSES)
    logits, targets = drawn(60, 1.0, 4)
    honest = Judged(logits, targets, np.full(60, "audio"), np.arange(60).astype(str))
    told = calibrate(task, honest, judged(400, 1), "validation", gives_logits=True)
    assert set(told.unproven) == {"all", "audio"}
    assert set(told.temperatures.values()) == {1.0}
    assert told.patterns["all"].after == told.patterns["all"].before
    (row, _) = reliability_rows([CalibratedRun("t", "m", "0.7", 0, told)])
    assert (row.n_unproven, row.n_rows) == (1, 400)

    sure = calibrate(task, judged(400, 2), judged(400, 1), "validation", gives_logits=True)
    assert sure.unproven == ()
    assert sure.temperatures["audio"] == pytest.approx(3, rel=0.2)


def test_a_validation_role_that_is_not_to_be_trusted_fits_nothing():
    task = ScoredTask(classes=CLASSES)
    sure, test = judged(400, 2), judged(400, 1)
    fitted = calibrate(task, sure, test, "validation", gives_logits=True)
    assert fitted.patterns["all"].after != fitted.patterns["all"].before

    told = calibrate(task, sure, test, "validation", gives_logits=True, may_fit=False)
    assert told.temperatures == {"all": 1.0}
    assert all(found.after == found.before for found in told.patterns.values())
    assert told.patterns["all"].before == fitted.patterns["all"].before

    (row, *_) = reliability_rows([CalibratedRun("t", "m", "random", 0, told)])
    assert row.ece_after == row.ece_before
    assert "`train.keep: last`" in row.reason


def test_which_temperatures_are_used_is_decided_without_the_test_role():
    task = ScoredTask(kind="classification", classes=CLASSES)
    rows, test = judged(100, 3), judged(400, 1)
    easy = Judged(test.outputs, test.outputs.argmax(axis=1), test.patterns, test.utterances)
    told = [calibrate(task, rows, other, "validation", gives_logits=True) for other in (test, easy)]
    assert told[0].temperatures == told[1].temperatures
    assert told[0].unproven == told[1].unproven
    assert told[0].patterns != told[1].patterns


def judged(n, seed=0, pattern="audio"):
    logits, targets = drawn(n, 3.0, seed)
    return Judged(logits, targets, np.full(n, pattern), np.arange(n).astype(str))


def test_of_sentiment_the_side_has_a_probability_and_neutral_rows_do_not_count():
    outputs = np.float32([[2.0], [-1.0], [0.5], [3.0]])
    assert probabilities(as_signs(outputs))[:, 1] == pytest.approx(1 / (1 + np.exp(-outputs[:, 0])))
    rows = Judged(
        outputs, np.float32([1, -2, 0, -1]), np.array(["text"] * 4), np.arange(4).astype(str)
    )
    told = calibrate(ScoredTask(kind="regression"), rows, rows, "validation", gives_logits=True)
    assert told.classes == ("negative", "positive")
    assert told.patterns["all"].after.total == 3
    assert told.patterns["all"].after.accuracy == pytest.approx(2 / 3)


def test_what_was_never_seen_is_expected_to_be_as_all_are():
    task = ScoredTask(kind="classification", classes=CLASSES)
    told = calibrate(task, judged(200), judged(100, 1), "validation", gives_logits=True)
    again = Calibration.model_validate_json(told.model_dump_json())
    assert again == told
    assert told.expected("text") == told.patterns["all"]
    assert told.expected("audio") == told.patterns["audio"]
    low, high = told.patterns["audio"].interval
    assert low < told.patterns["audio"].after.accuracy < high


def test_runs_of_folds_add_up_and_seeds_see_the_same_utterances():
    task = ScoredTask(kind="classification", classes=CLASSES)
    runs = [
        CalibratedRun(
            *("t", "m", "0.7", fold),
            calibrate(
                *(task, judged(90, 5), judged(50, seed + fold), "validation"), gives_logits=True
            ),
        )
        for fold in (0, 1)
        for seed in (10, 20)
    ]

    rows = list(reliability_rows(runs))
    assert [row.pattern for row in rows] == ["all", "audio"]
    assert (rows[0].n_rows, rows[0].n_utterances) == (200, 100)

    bins = [run.calibration.patterns["all"].before for run in runs]
    total = bins[0] + bins[1] + bins[2] + bins[3]
    assert rows[0].ece_before == total.ece > rows[0].ece_after
    assert rows[0].accuracy == total.accuracy


def test_a_method_without_probabilities_has_one_row_with_the_reason():
    silent = [CalibratedRun("t", "m", "0.7", 0, Calibration(reason="why"))]
    (row,) = reliability_rows(silent)
    assert (row.pattern, row.reason, row.n_rows) == ("", "why", 0)


def test_bins_that_are_no_counts_are_refused():
    with pytest.raises(ValueError, match="n_right"):
        Bins(n=(0,) * 10, confidence=(0.0,) * 10, n_right=(-1,) * 10)


def test_what_is_judged_in_pieces_is_the_whole(monkeypatch):
    logits, targets = drawn(600, 3.0)
    patterns = np.array(["p", "q", "q"] * 200)
    rows = Judged(logits, targets, patterns, np.arange(600).astype(str))
    found = []
    for size in (large_arrays.MAX_CELLS, 70):
        monkeypatch.setattr(large_arrays, "MAX_CELLS", size)
        found.append(
            calibrate(ScoredTask(classes=CLASSES), rows, rows, "validation", gives_logits=True)
        )
    whole, pieces = found
    assert whole.temperatures == pytest.approx(pieces.temperatures, rel=1e-5)
    for name, of_all in whole.patterns.items():
        assert of_all.before.n == pieces.patterns[name].before.n
        assert of_all.after.ece == pytest.approx(pieces.patterns[name].after.ece, rel=1e-3)
