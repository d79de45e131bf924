"""Tests of tests: hand-worked corrections, known distributions, invariants."""

import math

import pytest

from pipeline.evaluation.significance import holm, paired_p_values


def test_holm_follows_the_textbook():
    # m = 4: 0.01 * 4, max(., 0.03 * 3), max(., 0.04 * 2), max(., 0.5 * 1), back in place.
    assert holm([0.03, 0.01, 0.5, 0.04]) == pytest.approx([0.09, 0.04, 0.5, 0.09])


def test_holm_leaves_undefined_comparisons_out():
    corrected = holm([float("nan"), 0.02])
    assert math.isnan(corrected[0])
    assert corrected[1] == 0.02


def test_paired_t_of_a_known_difference():
    # differences 1, 2, 3: t = 2 / (1 / sqrt 3) = 3.4641, two degrees of freedom -> p = 0.0742
    t, wilcoxon = paired_p_values([1.0, 2.0, 3.0], [0.0, 0.0, 0.0])
    assert t == pytest.approx(0.0742, abs=1e-4)
    assert wilcoxon == 0.25


def test_equal_runs_have_no_p_value():
    assert all(math.isnan(p) for p in paired_p_values([0.5, 0.6], [0.5, 0.6]))


def test_unpaired_runs_are_refused():
    with pytest.raises(ValueError, match="pairs need the same runs"):
        paired_p_values([0.1, 0.2], [0.1])
