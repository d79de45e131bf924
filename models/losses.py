"""Losses that methods share: the task's own, and the reconstruction of what was withheld.

FACTS A.5, B.5, B.6. Shapes: B dialogues, T utterances, C outputs, D_m features of modality m.
Only valid utterances count, and a batch without any, or without a missing cell, gives 0, never NaN.
"""

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

from models.batch import MODALITIES, ConversationBatch
from models.learner import Kind


def task_loss(outputs: Tensor, batch: ConversationBatch, kind: Kind) -> Tensor:
    """(B, T, C) logits or (B, T, 1) scores -> mean cross-entropy or squared error (FACTS B.5)."""
    if kind == "classification":
        losses = F.cross_entropy(outputs.flatten(0, 1), batch.labels.flatten(), reduction="none")
    else:
        losses = (outputs.flatten() - batch.labels.flatten().to(outputs.dtype)).square()
    return mean_over(losses.view_as(batch.valid), batch.valid)


def mean_over(values: Tensor, cells: Tensor) -> Tensor:
    """Mean of `values` (B, T) over the `cells` (B, T) bool; 0 where there are none."""
    return torch.where(cells, values, 0.0).sum() / cells.sum().clamp(min=1)


def reconstruction_error(decoded: Mapping[str, Tensor], batch: ConversationBatch) -> Tensor:
    """Decoded features (B, T, D_m) -> sum over withheld cells of squared error / D_m (FACTS B.5).

    A modality that was never extracted has no truth, so it is no target either.
    """
    withheld, truth = batch.withheld, batch.complement().features
    total = batch.valid.new_zeros((), dtype=next(iter(decoded.values())).dtype)
    for name, values in decoded.items():
        errors = (values - truth[name]).square().mean(dim=-1)
        total = total + (errors * withheld[..., MODALITIES.index(name)]).sum()
    return total
