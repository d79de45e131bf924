"""The optimum of softmax regression: scikit-learn's, also of fewer rows than features."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression

from models import softmax_path
from models.softmax_path import SoftmaxPath

STRENGTHS = (1e-3, 1e-1, 10.0)


@pytest.fixture(autouse=True)
def exact(monkeypatch):
    monkeypatch.setattr(softmax_path, "TOLERANCE", 1e-9)


def drawn(n_rows, n_features, n_classes, n_copies=0):
    """Rows off their mean, of which some features are told twice."""
    rng = np.random.default_rng(n_rows)
    features = rng.standard_normal((n_rows, n_features)) * rng.uniform(0.1, 9, n_features) + 4
    scores = features @ rng.standard_normal((n_features, n_classes))
    target = (scores + 5 * rng.standard_normal(scores.shape)).argmax(axis=1)
    features = np.concatenate([features, features[:, :n_copies]], axis=1)
    return torch.from_numpy(features), torch.from_numpy(target)


@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize(
    ("n_rows", "n_features", "n_copies"), [(90, 7, 0), (20, 31, 0), (60, 6, 5)]
)
def test_every_strength_of_a_path_is_scikit_learns(n_rows, n_features, n_copies, n_classes):
    features, target = drawn(n_rows, n_features, n_classes, n_copies)
    path = SoftmaxPath(features, target, None)
    for strength in STRENGTHS:
        weight, bias = path.fit(strength)
        known = LogisticRegression(C=strength, tol=1e-10, max_iter=100_000)
        known.fit(features.numpy(), target.numpy())
        told = torch.softmax(features @ weight.T + bias, dim=1)
        expected = known.predict_proba(features.numpy())
        np.testing.assert_allclose(told, expected, atol=2e-5)


def test_an_optimum_does_not_depend_on_where_its_path_came_from():
    features, target = drawn(50, 8, 3)
    (alone, _), path = (
        SoftmaxPath(features, target, None).fit(1.0),
        SoftmaxPath(features, target, None),
    )
    for strength in (1e-4, 1e-2, 1.0):
        last, _ = path.fit(strength)
    torch.testing.assert_close(last, alone, rtol=0, atol=1e-6)


def test_classes_that_no_row_has_take_no_part():
    features, target = drawn(40, 5, 2)
    numbers = torch.tensor([3, 7])[target]
    path = SoftmaxPath(features, numbers, torch.arange(9.0))
    assert path.known.tolist() == [3, 7]
    weight, bias = path.fit(0.5)
    known = LogisticRegression(C=0.5, tol=1e-10, max_iter=10_000, class_weight={0: 3.0, 1: 7.0})
    known.fit(features.numpy(), target.numpy())
    np.testing.assert_allclose(weight[1:] - weight[:1], known.coef_, atol=1e-5)
    np.testing.assert_allclose(bias[1:] - bias[:1], known.intercept_, atol=1e-4)


def test_rows_that_are_all_alike_have_no_axis_and_get_the_shares():
    features = torch.ones(6, 3, dtype=torch.float64)
    path = SoftmaxPath(features, torch.tensor([0, 0, 0, 1, 1, 2]), None)
    weight, bias = path.fit(1.0)
    assert not weight.any()
    np.testing.assert_allclose(bias.softmax(dim=0), [3 / 6, 2 / 6, 1 / 6], atol=1e-6)
