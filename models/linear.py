"""Linear models by convex optimisation: one fit for each strength, from the strongest on.

Classes: softmax regression, C * sum of -log p(y_i | x_i) + 1/2 ||W||^2 (models/softmax_path.py).
Numbers: ridge regression, C * sum of (y_i - w x_i - b)^2 + ||w||^2, solved exactly. The intercept
is free. C is scikit-learn's: the smaller, the stronger the pull to zero. Nothing is drawn, so that
a fit is the same whatever the seed; all in float64.

Shapes: N rows, D features, K outputs (classes, or 1 for numbers).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from models.softmax_path import SoftmaxPath
from models.vocabulary import Kind

NEVER = -30.0  # logit of a class that no training row has


@dataclass(frozen=True)
class Fit:
    """weight (K, D), bias (K,): outputs are x weight^T + bias."""

    strength: float
    weight: Tensor
    bias: Tensor

    def outputs(self, features: Tensor) -> Tensor:
        """(N, D) -> (N, K)."""
        return features @ self.weight.T + self.bias


def fits(
    features: Tensor,
    target: Tensor,
    kind: Kind,
    n_outputs: int,
    strengths: Sequence[float],
    class_weights: Tensor | None = None,
) -> Iterator[Fit]:
    """A fit (N, D), (N,) -> for each C, rising; without rows, and for one class, the prior."""
    told = len(target) > 1 and bool((target != target[0]).any())

    if not told:
        bias = prior(target, kind, n_outputs)
        yield Fit(min(strengths), features.new_zeros(n_outputs, features.shape[1]), bias)
    elif kind == "regression":
        yield from ridge(features, target, strengths)
    else:
        yield from softmax_regression(features, target, n_outputs, strengths, class_weights)


def prior(target: Tensor, kind: Kind, n_outputs: int) -> Tensor:
    """(K,) float64: logarithms of the classes' shares, or the mean; zeros without any row."""
    if not len(target):
        return torch.zeros(n_outputs, dtype=torch.float64)
    if kind == "regression":
        return target.double().mean().reshape(1)
    shares = torch.bincount(target.long(), minlength=n_outputs).double() / len(target)
    return shares.log().clamp(min=NEVER)


def softmax_regression(
    features: Tensor,
    target: Tensor,
    n_classes: int,
    strengths: Sequence[float],
    class_weights: Tensor | None = None,
) -> Iterator[Fit]:
    """Each fit starts at the one before; a class that no row has is never said."""
    path = SoftmaxPath(features, target, class_weights)
    for strength in sorted(strengths):
        rows, shifts = path.fit(strength)
        weight = rows.new_zeros(n_classes, rows.shape[1]).index_copy(0, path.known, rows)
        bias = shifts.new_full((n_classes,), NEVER).index_copy(0, path.known, shifts)
        yield Fit(strength, weight, bias)


def ridge(features: Tensor, target: Tensor, strengths: Sequence[float]) -> Iterator[Fit]:
    """(X^T X + I / C) w = X^T y of centred rows, or by X X^T where there are fewer rows than D."""
    mean, level = features.mean(dim=0), target.double().mean()
    rows, aim = features - mean, target.double() - level
    is_tall = len(rows) >= rows.shape[1]
    values, vectors = torch.linalg.eigh(rows.T @ rows if is_tall else rows @ rows.T)
    turned = vectors.T @ (rows.T @ aim if is_tall else aim)
    for strength in sorted(strengths):
        solved = vectors @ (turned / (values.clamp(min=0) + 1 / strength))
        weight = solved if is_tall else rows.T @ solved
        yield Fit(strength, weight.unsqueeze(0), (level - weight @ mean).reshape(1))
