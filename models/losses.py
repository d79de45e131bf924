"""Losses that methods share: the task's own, and the reconstruction of what was withheld.

reading.md A.5, B.5, B.6. Shapes: B dialogues, T utterances, C outputs, D_m features of modality m;
(...) is (B, T) or packed rows (N,).
Only valid utterances count, and a batch without any, or without a missing cell, gives 0, never NaN.
"""

from collections.abc import Mapping

import torch.nn.functional as F
from torch import Tensor

from models.batch import ConversationBatch
from models.vocabulary import MODALITIES, Kind, RegressionLoss


def task_loss(
    outputs: Tensor, batch: ConversationBatch, kind: Kind, class_weights: Tensor | None = None
) -> Tensor:
    """(B, T, C) logits or (B, T, 1) scores -> mean over the valid utterances of the batch."""
    return labelled_loss(outputs, batch.labels, batch.valid, kind, class_weights)


def labelled_loss(
    outputs: Tensor,
    labels: Tensor,
    valid: Tensor,
    kind: Kind,
    class_weights: Tensor | None = None,
) -> Tensor:
    """(..., C), (...), (...) bool -> mean cross-entropy or squared error (reading.md B.5)."""
    if kind == "classification":
        return cross_entropy(outputs, labels, valid, class_weights)
    return regression(outputs, labels, valid)


def cross_entropy(
    logits: Tensor,
    labels: Tensor,
    valid: Tensor,
    class_weights: Tensor | None = None,
    smoothing: float = 0.0,
) -> Tensor:
    """(..., C), (...), (...) bool -> mean of -log p(label), a network's part of paper Eq. 12.

    With `class_weights` (C,), None = all 1, a weighted mean by the weight of each label's class.
    `smoothing`: the share of a label that is spread over all classes.
    """
    rows = F.cross_entropy(
        logits.flatten(0, -2), labels.flatten(), reduction="none", label_smoothing=smoothing
    )

    if class_weights is None:
        return mean_over(rows, valid.flatten())

    weights = class_weights[labels].masked_fill(~valid, 0.0).flatten()
    total = weights.sum()
    return (rows * weights).masked_fill(weights == 0, 0.0).sum() / (total + (total == 0))


def regression(
    scores: Tensor, labels: Tensor, valid: Tensor, distance: RegressionLoss = "mse"
) -> Tensor:
    """(..., 1), (...), (...) bool -> mean squared error, a network's part of paper Eq. 13.

    "l1" is the absolute error that the paper's text speaks of.
    """
    error = scores.squeeze(-1) - labels.to(scores.dtype)
    return mean_over(error.abs() if distance == "l1" else error.square(), valid)


def mean_over(values: Tensor, cells: Tensor) -> Tensor:
    """Mean of `values` (...) over the `cells` (...) bool; 0 where there are none."""
    return values.masked_fill(~cells, 0.0).sum() / cells.sum().clamp(min=1)


def reconstruction_error(decoded: Mapping[str, Tensor], batch: ConversationBatch) -> Tensor:
    """Decoded features (B, T, D_m) -> sum over withheld cells of squared error / D_m (reading.md
    B.5).

    A modality that was never extracted has no truth, so it is no target either.
    """
    withheld, truth = batch.withheld, batch.complement().features
    total = batch.valid.new_zeros((), dtype=next(iter(decoded.values())).dtype)
    for name, values in decoded.items():
        errors = (values - truth[name]).square().mean(dim=-1)
        total = total + (errors * withheld[..., MODALITIES.index(name)]).sum()
    return total
