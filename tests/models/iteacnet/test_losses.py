"""Truth: Eq. 12-15 utterance by utterance."""

import math

import pytest
import torch

from models.iteacnet.losses import emotion_loss, imputation_loss, joint_loss
from models.losses import cross_entropy, regression

VALID = torch.arange(5) < torch.tensor((5, 2, 3))[:, None]
WEIGHTS = (0.5, 0.1, 0.05)


def valid_cells(mask=VALID):
    return [(b, t) for b in range(3) for t in range(5) if mask[b, t]]


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def test_eq_12_cross_entropy_of_both_networks():
    teacher, student = torch.randn(3, 5, 4), torch.randn(3, 5, 4)
    labels = torch.randint(0, 4, (3, 5))
    total = 0.0
    for b, t in valid_cells():
        for logits in (teacher, student):
            scores = [math.exp(v) for v in logits[b, t].tolist()]
            total -= math.log(scores[labels[b, t]] / sum(scores))
    loss = emotion_loss(
        cross_entropy(teacher, labels, VALID), cross_entropy(student, labels, VALID)
    )
    assert loss.item() == pytest.approx(total / (2 * len(valid_cells())), rel=1e-5)


@pytest.mark.parametrize(("kind", "power"), [("mse", 2), ("l1", 1)])
def test_eq_13_regression_of_both_networks(kind, power):
    teacher, student, labels = torch.randn(3, 5, 1), torch.randn(3, 5, 1), torch.randn(3, 5)
    total = sum(
        abs(labels[b, t].item() - values[b, t, 0].item()) ** power
        for b, t in valid_cells()
        for values in (teacher, student)
    )
    loss = emotion_loss(
        regression(teacher, labels, VALID, kind), regression(student, labels, VALID, kind)
    )
    assert loss.item() == pytest.approx(total / (2 * len(valid_cells())), rel=1e-5)


def hidden(n_layers=3, dim=6):
    return [torch.randn(3, 5, dim, requires_grad=True) for _ in range(n_layers)]


def test_eq_14_weighs_the_last_three_layers_over_what_is_missing():
    student, teacher = hidden(4), hidden(3)
    selected = VALID & (torch.rand(3, 5) < 0.6)
    total = 0.0
    for weight, ours, target in zip(WEIGHTS, student, teacher, strict=False):
        squares = [
            (ours[b, t, d] - target[b, t, d]).item() ** 2
            for b, t in valid_cells(selected)
            for d in range(6)
        ]
        total += weight * sum(squares) / len(squares)
    loss = imputation_loss(student, teacher, WEIGHTS, selected)
    assert loss.item() == pytest.approx(total, rel=1e-5)


def test_eq_14_lets_no_gradient_reach_the_teacher():
    student, teacher = hidden(), hidden()
    imputation_loss(student, teacher, WEIGHTS, VALID).backward()
    assert all(layer.grad is None for layer in teacher)
    assert all(bool(layer.grad[VALID].abs().sum() > 0) for layer in student)
    assert all(bool((layer.grad[~VALID] == 0).all()) for layer in student)


def test_eq_14_of_nothing_is_zero_with_zero_gradient():
    student, teacher = hidden(), hidden()
    loss = imputation_loss(student, teacher, WEIGHTS, torch.zeros(3, 5, dtype=torch.bool))
    loss.backward()
    assert loss.item() == 0.0
    assert all(bool((layer.grad == 0).all()) for layer in student)


@pytest.mark.parametrize(("n_student", "n_teacher", "n_weights"), [(1, 3, 3), (4, 2, 3), (4, 3, 1)])
def test_eq_14_has_as_many_terms_as_the_shorter_network(n_student, n_teacher, n_weights):
    student, teacher = hidden(n_student), hidden(n_teacher)
    n = min(n_student, n_teacher, n_weights)
    loss = imputation_loss(student, teacher, WEIGHTS[:n_weights], VALID)
    expected = imputation_loss(student[:n], teacher[:n], WEIGHTS[:n], VALID)
    assert loss.item() == expected.item() > 0


def test_eq_15_adds_both():
    assert joint_loss(torch.tensor(1.5), torch.tensor(0.25)).item() == 1.75


def test_rows_that_do_not_count_may_be_anything():
    logits = torch.randn(3, 5, 4).masked_fill(~VALID[..., None], 1e30)
    labels = torch.randint(0, 4, (3, 5))
    assert cross_entropy(logits, labels, VALID).item() == pytest.approx(
        cross_entropy(logits[VALID], labels[VALID], VALID[VALID]).item(), rel=1e-6
    )
