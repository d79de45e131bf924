"""How ITEACNet adds up its losses: paper Eq. 12-15, reading.md A.5. Each network's own:
models.losses.

Rows have any leading shape (...), so that packed rows and padded batches serve alike.
"""

from collections.abc import Sequence

from torch import Tensor

from models.losses import mean_over


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
