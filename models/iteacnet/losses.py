"""The losses of ITEACNet: PAPER Eq. 12-15, FACTS A.5.

Every function takes rows in any leading shape (...) and a mask of the rows that count, so that
packed rows and padded batches serve alike. Means are over the rows that count.
"""

from collections.abc import Sequence
from typing import Literal

import torch.nn.functional as F
from torch import Tensor

from models.losses import mean_over

RegressionLoss = Literal["mse", "l1"]


def cross_entropy(logits: Tensor, labels: Tensor, valid: Tensor) -> Tensor:
    """One network's part of Eq. 12: (..., C), (...), (...) bool -> mean of -log p(label)."""
    rows = F.cross_entropy(logits.flatten(0, -2), labels.flatten(), reduction="none")
    return mean_over(rows, valid.flatten())


def regression(logits: Tensor, labels: Tensor, valid: Tensor, kind: RegressionLoss) -> Tensor:
    """One network's part of Eq. 13: squared error, or the absolute one that the text speaks of."""
    error = logits.squeeze(-1) - labels.to(logits.dtype)
    return mean_over(error.abs() if kind == "l1" else error.square(), valid)


def emotion_loss(teacher: Tensor, student: Tensor) -> Tensor:
    """L_emo, Eq. 12 or 13: the two networks' parts count half each."""
    return (teacher + student) / 2


def imputation_loss(
    student: Sequence[Tensor],
    teacher: Sequence[Tensor],
    weights: Sequence[float],
    selected: Tensor,
) -> Tensor:
    """L_rec, Eq. 14: sum_k weights[k] * mean squared distance of H_k^s to H_k over `selected`.

    H_1, H_2, ... (..., D) count from the classifier; where a network has fewer than three layers,
    or fewer weights are given, as many terms as there are. The teacher is a constant. The mean is
    over selected rows and D; with nothing selected the loss is 0.
    """
    total = student[0].new_zeros(())
    for weight, ours, target in zip(weights, student, teacher, strict=False):
        distance = (ours - target.detach()).square().mean(dim=-1)
        total = total + weight * mean_over(distance, selected)
    return total


def joint_loss(emotion: Tensor, imputation: Tensor) -> Tensor:
    """Loss, Eq. 15."""
    return emotion + imputation
