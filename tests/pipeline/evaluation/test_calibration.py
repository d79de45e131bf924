"""Temperatures against a known truth, counts against hand arithmetic, intervals against scipy."""

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
    MIN_UTTERANCES,
    as_signs,
    calibrated,
    crossed_gains,
    fit_temperature,
    fit_temperatures,
    is_shown,
)

CLASSES = ("a", "b", "c")


def drawn(n, temperature, seed=0):
    """Logits that are `temperature` times too sure, and targets as their honest softmax draws."""
    rng = np.random.default_rng(seed)
    honest = rng.normal(scale=2, size=(n, 3))
    shares = probabilities(honest)
    targets = (rng.random((n, 1)) > shares.cumsum(axis=1)).sum(axis=1).clip(max=2)
    return (honest * temperature).astype(np.float32), targets


@pytest.mark.parametrize("temperature", [0.3, 1.0, 2.5, 20.0])
def test_the_temperature_that_made_the_rows_is_found(temperature):
    logits, targets = drawn(20_000, temperature)
    assert fit_temperature(logits, targets) == pytest.approx(temperature, rel=0.05)


def test_calibration_takes_at_least_half_of_the_error_of_rows_that_are_too_sure():
    logits, targets = drawn(5000, 4.0)
    found = fit_temperatures(logits[:2500], targets[:2500], ["p"] * 2500, list(range(2500)))
    before = bins_of(probabilities(logits[2500:]), targets[2500:])
    after = bins_of(calibrated(logits[2500:], ["p"] * 2500, found), targets[2500:])
    assert before.n_right[-1] > after.n_right[-1]
    assert sum(before.n_right) == sum(after.n_right)  # no label changes
    assert after.ece < before.ece / 2
    assert after.ece < 2 * after.least_ece(2500)


def test_a_few_rows_that_are_all_right_do_not_take_every_doubt_away():
    found = fit_temperature(np.tile(np.float32([1, 0, 0]), (10, 1)), np.zeros(10, np.int64))
    assert 0.2 < found < 1


def test_patterns_have_their_own_and_rare_ones_the_temperature_of_all():
    sure, targets = drawn(2000, 5.0)
    modest, others = drawn(2000, 0.5, seed=1)
    rare, last = drawn(MIN_UTTERANCES - 1, 50.0, seed=2)
    patterns = ["sure"] * 2000 + ["modest"] * 2000 + ["rare"] * len(last)
    found = fit_temperatures(
        np.concatenate([sure, modest, rare]),
        np.concatenate([targets, others, last]),
        patterns,
        [str(number) for number in range(len(patterns))],
    )
    assert set(found) == {"all", "sure", "modest"}
    assert found["modest"] < 0.6 < found["all"] < 4.5 < found["sure"]
    both = calibrated(np.float32([[3, 0, 0]] * 2), ["rare", "never seen"], found)
    assert both == pytest.approx(probabilities(np.float64([[3, 0, 0]] * 2) / found["all"]))


def test_the_same_utterance_many_times_is_no_pattern_of_its_own():
    logits, targets = drawn(500, 5.0)
    assert set(fit_temperatures(logits, targets, ["p"] * 500, ["u1", "u2"] * 250)) == {"all"}


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


def test_which_temperatures_are_used_is_decided_without_the_test_role():
    task = ScoredTask(kind="classification", classes=CLASSES)
    rows, test = judged(100, 3), judged(400, 1)
    easy = Judged(test.outputs, test.outputs.argmax(axis=1), test.patterns, test.utterances)
    told = [calibrate(task, rows, other, "validation", gives_logits=True) for other in (test, easy)]
    assert told[0].temperatures == told[1].temperatures
    assert told[0].unproven == told[1].unproven
    assert told[0].patterns != told[1].patterns


def test_gains_are_of_utterances_that_no_temperature_was_fitted_to():
    """By hand: two blocks; each is judged by the temperature of the other."""
    logits, targets = drawn(6, 3.0, 5)
    utterances = np.array(["a", "a", "b", "c", "d", "d"])
    gains = crossed_gains(logits, targets, utterances, np.ones(6, bool))
    blocks = [[0, 1], [2], [3], [4, 5]]  # fewer utterances than blocks: each is one
    for place, held in enumerate(blocks):
        rest = [row for row in range(6) if row not in held]
        temperature = fit_temperature(logits[rest], targets[rest])
        plain = -np.log(probabilities(logits)[held, targets[held]])
        fitted = -np.log(probabilities(logits / temperature)[held, targets[held]])
        assert gains[place] == pytest.approx((plain - fitted).sum(), rel=1e-4)
    assert not is_shown(crossed_gains(logits, targets, utterances, np.arange(6) < 1))


@pytest.mark.parametrize(("gains", "shown"), [([1, 3], True), ([-1, 3], False), ([0, 0], False)])
def test_a_gain_is_shown_where_it_is_above_its_standard_error(gains, shown):
    """Means 2, 1, 0 with standard errors 1, 2, 0."""
    assert is_shown(np.array(gains, dtype=float)) == shown


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
