"""CCC against hand arithmetic, its definition out of scipy's parts, and its own properties."""

import math

import numpy as np
import pytest
from scipy.stats import pearsonr

from pipeline.protocol.agreement import concordance


def test_a_worked_example():
    """y = 1, 2, 3 and p = 2, 2, 5: means 2 and 3, variances 2/3 and 2, covariance 1."""
    value = concordance(np.array([1.0, 2.0, 3.0]), np.array([2.0, 2.0, 5.0]))
    assert value == pytest.approx(2 * 1 / (2 / 3 + 2 + 1))


def test_it_is_pearson_times_the_bias_correction():
    """Lin 1989: CCC = r C, C = 2 / (v + 1/v + u^2), v ratio of deviations, u shift in them."""
    rng = np.random.default_rng(0)
    y, p = rng.normal(3, 1, 200), rng.normal(2, 2, 200)
    p += y
    v = y.std() / p.std()
    u = (y.mean() - p.mean()) / math.sqrt(y.std() * p.std())
    expected = pearsonr(y, p).statistic * 2 / (v + 1 / v + u**2)
    assert concordance(y, p) == pytest.approx(expected, rel=1e-12)


def test_a_shift_of_both_changes_nothing_and_of_one_lowers_it():
    rng = np.random.default_rng(0)
    y = rng.normal(size=50)
    p = y + rng.normal(size=50)
    assert concordance(y + 3, p + 3) == pytest.approx(concordance(y, p))
    assert abs(concordance(y, p + 3)) < concordance(y, p)


def test_a_constant_says_nothing_and_an_equal_constant_is_not_defined():
    y = np.array([0.1, 0.2, 0.7, 0.3])
    assert concordance(y, np.full(4, y.mean())) == 0.0
    assert math.isnan(concordance(np.ones(4), np.ones(4)))
    rounded = np.full(7, 0.2)  # whose mean is not 0.2
    assert rounded.mean() != 0.2
    assert math.isnan(concordance(rounded, rounded))
    assert concordance(rounded, rounded + 0.1) == 0.0
    assert concordance(y, y) == pytest.approx(1.0)
    with pytest.raises(ValueError, match="no utterance to score"):
        concordance(np.array([]), np.array([]))
