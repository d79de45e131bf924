"""Losses that part what modalities share from what is each one's own.

Shapes: B dialogues, T utterances, D values, C outputs.
"""

from collections.abc import Mapping
from itertools import combinations

import torch
import torch.nn.functional as F
from torch import Tensor

from models.batch import ConversationBatch
from models.losses import mean_over, task_loss

SPREAD, LIMIT = 1.5, 3.0  # of the values that private rows are to tell of a regression


def disentangling(
    shared: Mapping[str, Tensor], private: Mapping[str, Tensor], valid: Tensor
) -> Tensor:
    """Sum over pairs of modalities, mean over utterances; 0 with one modality.

    |cos| of both private rows and of each with its shared one, and the divergence of the shared.
    """
    total = valid.new_zeros((), dtype=next(iter(shared.values())).dtype)

    for name, other in combinations(shared, 2):
        rows = (
            _likeness(private[name], private[other])
            + _likeness(private[name], shared[name])
            + _likeness(private[other], shared[other])
            + divergence(shared[name].sigmoid(), shared[other].sigmoid())
        )
        total = total + mean_over(rows, valid)

    return total


def divergence(p: Tensor, q: Tensor) -> Tensor:
    """Jensen and Shannon's, summed over values: (..., D) each -> (...)."""
    middle = ((p + q) / 2).log()
    return (p * (p.log() - middle) + q * (q.log() - middle)).sum(dim=-1) / 2


def unlearning(outputs: Tensor, batch: ConversationBatch) -> Tensor:
    """What private rows are to tell: of classes any but the label, of numbers noise."""
    if outputs.shape[-1] > 1:
        return task_loss(1 - outputs, batch, "classification")
    noise = (torch.randn_like(outputs) * SPREAD).clamp(-LIMIT, LIMIT)
    return mean_over((outputs - noise).square().squeeze(-1), batch.valid)


def _likeness(first: Tensor, other: Tensor) -> Tensor:
    return F.cosine_similarity(first, other, dim=-1).abs()
