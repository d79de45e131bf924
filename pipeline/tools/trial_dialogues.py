"""Small random dialogues that a method is tried on, and the same in other company."""

from dataclasses import replace

import torch
from torch import Tensor

from models.batch import ConversationBatch
from models.vocabulary import MODALITIES, Kind

DIMS = {"audio": 5, "text": 7, "visual": 6}
LENGTHS = (9, 4, 1, 12)
N_CLASSES = 4
GARBAGE = 9e3


def make_batch(kind: Kind, seed: int = 0) -> ConversationBatch:
    """Random dialogues of LENGTHS; cells are withheld, or were never extracted, at random."""
    rng = torch.Generator().manual_seed(seed)
    size = (len(LENGTHS), max(LENGTHS))
    valid = torch.arange(size[1]) < torch.tensor(LENGTHS)[:, None]

    three = (*size, len(MODALITIES))
    classes = torch.randint(0, N_CLASSES, size, generator=rng)
    values = torch.randint(-3, 4, size, generator=rng).float()

    return ConversationBatch(
        features={name: torch.randn(*size, dim, generator=rng) for name, dim in DIMS.items()},
        extracted=(torch.rand(three, generator=rng) >= 0.1) & valid[..., None],
        available=torch.rand(three, generator=rng) >= 0.4,
        valid=valid,
        speakers=torch.randint(0, 2, size, generator=rng) * valid,
        labels=(classes if kind == "classification" else values) * valid,
        rows=torch.where(valid, torch.arange(valid.numel()).view(size), -1),
    )


def rows_shown(batch: ConversationBatch) -> dict[str, Tensor]:
    """Modality -> (B * T, D_m): every vector of the batch, zeros for those that are withheld."""
    hidden = dict(zip(MODALITIES, batch.withheld.unbind(dim=-1), strict=True))
    return {
        name: value.masked_fill(hidden[name].unsqueeze(-1), 0.0).flatten(0, 1)
        for name, value in batch.features.items()
    }


def alone_of(batch: ConversationBatch, number: int) -> ConversationBatch:
    """One dialogue of the batch, without padding."""
    names = ("extracted", "available", "valid", "speakers", "labels", "rows")
    cut = slice(number, number + 1), slice(0, LENGTHS[number])
    features = {name: value[cut] for name, value in batch.features.items()}
    return replace(batch, features=features, **{name: getattr(batch, name)[cut] for name in names})


def with_garbage(batch: ConversationBatch) -> ConversationBatch:
    """The same dialogues with other numbers where there is no utterance."""
    empty = ~batch.valid[..., None]
    features = {name: value.masked_fill(empty, GARBAGE) for name, value in batch.features.items()}
    return replace(batch, features=features, available=batch.available | empty)
