"""Metrics of values against scipy, scikit-learn and a worked example."""

import math

import numpy as np
import pytest
from scipy.stats import pearsonr
from sklearn.metrics import mean_absolute_error, mean_squared_error

from pipeline.evaluation.dimensional import dimensional_metrics


def test_a_worked_example():
    found = dimensional_metrics([1.0, 2.0, 3.0], [2.0, 2.0, 5.0])
    assert found["mean_absolute_error"] == pytest.approx(1.0)
    assert found["root_mean_squared_error"] == pytest.approx(math.sqrt(5 / 3))
    assert found["correlation"] == pytest.approx(1 / math.sqrt(2 / 3 * 2))
    assert found["ccc"] == pytest.approx(6 / 11)


def test_scipy_and_scikit_learn_agree():
    rng = np.random.default_rng(0)
    y = rng.uniform(1, 5, 300)
    p = 0.4 * y + rng.normal(1, 1, 300)
    found = dimensional_metrics(y.tolist(), p.tolist())
    assert found["correlation"] == pytest.approx(pearsonr(y, p).statistic)
    assert found["mean_absolute_error"] == pytest.approx(mean_absolute_error(y, p))
    assert found["root_mean_squared_error"] == pytest.approx(math.sqrt(mean_squared_error(y, p)))


def test_a_constant_has_no_correlation_and_ccc_0():
    found = dimensional_metrics([1.0, 2.0, 3.0], [2.0, 2.0, 2.0])
    assert math.isnan(found["correlation"])
    assert found["ccc"] == 0.0


def test_an_empty_role_is_refused():
    with pytest.raises(ValueError, match="no utterance to score"):
        dimensional_metrics([], [])
