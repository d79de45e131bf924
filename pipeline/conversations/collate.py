"""Batches by row index: stretches of utterances become one padded `ConversationBatch`.

An item is a stretch of the line of utterances: a whole dialogue, or one utterance for learners
that know no context. Gathering and padding run on whole tensors, never item by item; features stay
in their stores until a network asks for them.
Shapes: B items, T utterances of the longest one, N utterances in line.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from models.batch import ConversationBatch
from models.fast.feature_rows import FeatureRows
from models.learner import Batching
from pipeline.conversations.dataset import Conversations
from pipeline.conversations.index import ConversationIndex, IntArray


@dataclass(frozen=True)
class Items:
    """B stretches: where each starts in line and how long it is, (B,) int64 on the CPU."""

    starts: Tensor
    lengths: Tensor

    def __len__(self) -> int:
        return len(self.starts)

    def take(self, numbers: Tensor) -> "Items":
        """Some of the items, in the order of `numbers`."""
        return Items(self.starts[numbers], self.lengths[numbers])

    def places(self) -> Tensor:
        """(n,) int64 places in line of all their utterances, item after item."""
        firsts = self.lengths.cumsum(0) - self.lengths
        steps = torch.arange(int(self.lengths.sum()))
        return steps + (self.starts - firsts).repeat_interleave(self.lengths)


def items_of(index: ConversationIndex, dialogues: IntArray, batching: Batching) -> Items:
    """The dialogues as items; as single utterances for learners without context."""
    if batching == "dialogues":
        starts = torch.from_numpy(index.starts[dialogues])
        return Items(starts, torch.from_numpy(index.lengths[dialogues]))
    starts = torch.from_numpy(index.utterances_of(dialogues))
    return Items(starts, torch.ones_like(starts))


def collate(conversations: Conversations, items: Items) -> ConversationBatch:
    """The items padded to the longest; nothing withheld."""
    places, valid = _grid(conversations, items)
    rows = conversations.rows[places].masked_fill(~valid, -1)
    stores = conversations.features
    return ConversationBatch(
        features=FeatureRows(stores, dict.fromkeys(stores, rows)),
        extracted=conversations.extracted[places] & valid.unsqueeze(-1),
        available=torch.ones((*places.shape, 3), dtype=torch.bool, device=places.device),
        valid=valid,
        speakers=conversations.speakers[places] * valid,
        labels=conversations.labels[places] * valid,
        rows=rows,
    )


def place_masks(conversations: Conversations, items: Items, masks: Tensor) -> Tensor:
    """(N, 3) bool over the line -> (B, T, 3) for these items, False on padding."""
    places, valid = _grid(conversations, items)
    return masks[places] & valid.unsqueeze(-1)


def scatter_masks(batch: ConversationBatch, masks: Tensor) -> Tensor:
    """(n, 3) bool for the n valid utterances of a batch, row by row -> (B, T, 3)."""
    available = torch.zeros((*batch.valid.shape, 3), dtype=torch.bool, device=masks.device)
    available[batch.valid] = masks
    return available


def _grid(conversations: Conversations, items: Items) -> tuple[Tensor, Tensor]:
    """(B, T) places in line, 0 on padding, and which cells are no padding."""
    steps = torch.arange(int(items.lengths.max()))
    valid = steps < items.lengths[:, None]
    places = torch.where(valid, items.starts[:, None] + steps, 0)
    return places.to(conversations.device), valid.to(conversations.device)
