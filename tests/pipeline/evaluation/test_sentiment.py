"""Metrics of sentiment against hand-worked examples; both zero conventions."""

import math

import numpy as np
import pytest

from pipeline.config.tasks import SIGNS
from pipeline.evaluation.sentiment import correlation, sentiment_metrics


def test_zero_targets_leave_the_nonzero_metrics_but_not_the_others():
    target, predicted = [2.0, -1.0, 0.0, 0.0], [1.0, -2.0, -1.0, 3.0]
    metrics = sentiment_metrics(target, predicted)
    assert metrics["weighted_f1"] == metrics["binary_accuracy_nonzero"] == 1.0
    assert metrics["binary_accuracy_nonnegative"] == 0.75
    assert metrics["mean_absolute_error"] == pytest.approx((1 + 1 + 1 + 3) / 4)


def test_a_prediction_of_exactly_zero_is_negative_under_nonzero_and_positive_under_nonnegative():
    metrics = sentiment_metrics([1.0, -1.0], [0.0, -1.0])
    assert metrics["binary_accuracy_nonzero"] == 0.5
    assert metrics["binary_accuracy_nonnegative"] == 1.0


def test_seven_classes_round_and_clip():
    metrics = sentiment_metrics([3.0, -2.6, 0.4], [5.0, -3.4, 0.6])
    assert metrics["seven_class_accuracy"] == pytest.approx(2 / 3)


def test_correlation_equals_numpy_and_is_nan_for_a_constant():
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=20), rng.normal(size=20)
    assert correlation(x, y) == pytest.approx(np.corrcoef(x, y)[0, 1])
    assert math.isnan(correlation(x, np.ones(20)))


def test_only_zero_targets_are_refused():
    with pytest.raises(ValueError, match="no target other than 0"):
        sentiment_metrics([0.0, 0.0], [1.0, -1.0])


def test_f1_of_each_sign_makes_up_the_weighted_one():
    rng = np.random.default_rng(2)
    target, predicted = rng.normal(size=40).tolist(), rng.normal(size=40).tolist()
    metrics = sentiment_metrics(target, predicted)
    n_positive = sum(value > 0 for value in target)
    shares = {"positive": n_positive / 40, "negative": 1 - n_positive / 40}
    whole = sum(shares[sign] * metrics[f"f1_{sign}"] for sign in SIGNS)
    assert metrics["weighted_f1"] == pytest.approx(whole)
