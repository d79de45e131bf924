"""Every method against every other: whom with whom, from which draws, how corrected."""

import numpy as np
import pytest
from scipy.stats import t

from pipeline.evaluation.aggregate import AVERAGE, rates_in, run_table, runs_of
from pipeline.evaluation.bootstrap import interval
from pipeline.report.comparison import differences, draws_of, reference_of, said_of_intervals

THREE = {name: {"model": name} for name in ("iteacnet", "gcnet", "ae")}


@pytest.fixture
def three(make_build):
    return make_build(methods=THREE, seeds=(0, 1)).results()


def runs_table(results):
    return run_table(results.of_evaluation("ume"), results.measure.metric)


def test_the_reference_is_the_best_of_the_others(three):
    runs = runs_table(three)
    means = {name: runs_of(runs, name, AVERAGE).mean() for name in ("gcnet", "ae")}
    assert reference_of(three, runs, three.methods).name == max(means, key=means.get)
    assert reference_of(three, runs, three.methods[:1]) is None


def test_a_difference_is_that_of_means_with_the_interval_of_paired_draws(three):
    runs = runs_table(three)
    rates = rates_in(runs)
    for pair in differences(three, "ume", three.methods):
        first, second = (runs_of(runs, name, AVERAGE) for name in (pair.first, pair.second))
        assert pair.value == pytest.approx(first.mean() - second.mean())
        drawn = [draws_of(three, name, "ume", rates) for name in (pair.first, pair.second)]
        ends = interval(drawn[0] - drawn[1], three.n_dialogues(pair.first, "ume", rates[0]))
        assert (pair.low, pair.high) == pytest.approx(ends)
        assert pair.is_told == (pair.low > 0 or pair.high < 0)


def test_p_values_are_nadeaus_and_bengios_after_holm(three):
    """t over mean / sqrt((1/n + test/train) variance), the smallest p times the number of pairs."""
    runs = runs_table(three)
    expected = []
    for pair in (found := differences(three, "ume", three.methods)):
        gaps = runs_of(runs, pair.first, AVERAGE) - runs_of(runs, pair.second, AVERAGE)
        n, width = len(gaps), 1 / len(gaps) + three.test_to_train
        value = gaps.mean() / np.sqrt(width * gaps.var(ddof=1))
        expected.append(2 * t.sf(abs(value), n - 1))
    order = np.argsort(expected)
    ranked = np.maximum.accumulate([(3 - rank) * expected[i] for rank, i in enumerate(order)])
    assert [found[i].p_holm for i in order] == pytest.approx(np.minimum(ranked, 1).tolist())


def test_too_few_dialogues_say_so():
    assert said_of_intervals(3).startswith("No intervals: 3 test dialogues are too few")
    assert "31 whole test dialogues" in said_of_intervals(31)
