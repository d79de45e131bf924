"""Tests of tests: hand-worked corrections, known distributions, invariants."""

import math

import numpy as np
import pytest
from scipy import stats

from pipeline.evaluation.significance import holm, paired_p_values


def test_holm_follows_the_textbook():
    # m = 4: 0.01 * 4, max(., 0.03 * 3), max(., 0.04 * 2), max(., 0.5 * 1), back in place.
    assert holm([0.03, 0.01, 0.5, 0.04]) == pytest.approx([0.09, 0.04, 0.5, 0.09])


def test_holm_leaves_undefined_comparisons_out():
    corrected = holm([float("nan"), 0.02])
    assert math.isnan(corrected[0])
    assert corrected[1] == 0.02


def test_without_overlap_it_is_the_paired_t_test_of_scipy():
    ours, theirs = [0.61, 0.58, 0.66, 0.7], [0.6, 0.55, 0.67, 0.61]
    t, wilcoxon = paired_p_values(ours, theirs, 0.0)
    assert t == pytest.approx(stats.ttest_rel(ours, theirs).pvalue)
    assert wilcoxon == pytest.approx(stats.wilcoxon(np.subtract(ours, theirs)).pvalue)


def test_overlapping_training_sets_widen_the_spread_as_nadeau_and_bengio_say():
    # Differences 1, 2, 3: mean 2, variance 1, J = 3. Ten folds: n2/n1 = 1/9, so the variance of the
    # mean is 1/3 + 1/9 = 4/9, t = 2 / (2/3) = 3; two degrees of freedom: p = 1 - 3 / sqrt(11).
    t, wilcoxon = paired_p_values([1.0, 2.0, 3.0], [0.0, 0.0, 0.0], 1 / 9)
    assert t == pytest.approx(1 - 3 / math.sqrt(11))
    assert wilcoxon == 0.25


def test_equal_runs_have_no_p_value():
    assert all(math.isnan(p) for p in paired_p_values([0.5, 0.6], [0.5, 0.6], 0.25))


def test_unpaired_runs_are_refused():
    with pytest.raises(ValueError, match="pairs need the same runs"):
        paired_p_values([0.1, 0.2], [0.1], 0.25)
