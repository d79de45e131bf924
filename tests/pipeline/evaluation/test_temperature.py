"""Temperatures against a known truth: the one that made the rows."""

import numpy as np
import pytest

from pipeline.evaluation.predictions import probabilities
from pipeline.evaluation.reliability import bins_of
from pipeline.evaluation.temperature import (
    MIN_UTTERANCES,
    calibrated,
    crossed_gains,
    fit_temperature,
    fit_temperatures,
    is_shown,
)


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
