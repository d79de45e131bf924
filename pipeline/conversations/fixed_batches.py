"""Batches that all have one of a few shapes, made on the device from where their items lie in line.

For steps that are recorded (`pipeline.training.recording`). A batch of dialogues is one line of
rows (`models.fast.fixed_layout`), a batch of utterances a column; both end in room that is empty.
Shapes follow from the lengths of the training dialogues and the batch alone, so that a run that
goes on from a checkpoint meets the same ones.

Shapes: K items, S utterances of the longest that has room, N rows; (L, 3) masks of L utterances.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.batch import ConversationBatch
from models.fast.feature_rows import NOTHING, FeatureRows
from models.fast.fixed_layout import FixedLayout, FixedShape
from models.fast.layout import Layout
from models.vocabulary import MODALITIES
from pipeline.conversations.collate import Items
from pipeline.conversations.dataset import Conversations

N_ROOMS = 4  # each half as long and as large as the one before
MULTIPLE = 64  # of rows


def rooms_of(lengths: NDArray[np.int64], batch_size: int) -> list[FixedShape]:
    """The shapes of batches of items of these lengths, the largest first: one that fits them all.

    Smaller ones spare a corpus whose longest dialogues are rare: most of its batches fit in there.
    """
    n_items = min(batch_size, len(lengths))
    longest = int(lengths.max())
    if longest == 1:
        return [FixedShape(n_items, 1, n_items)]
    most = int(np.sort(lengths)[-n_items:].sum())
    rooms = []
    for level in range(N_ROOMS):
        n_steps, n_rows = -(-longest // 2**level), -(-most // 2**level)
        rooms.append(FixedShape(n_items, n_steps, -(-n_rows // MULTIPLE) * MULTIPLE))
    return rooms


def number_of_room(rooms: Sequence[FixedShape], lengths: Tensor) -> int:
    """Number of the smallest shape that a batch of items of these lengths fits in."""
    longest, total = int(lengths.max()), int(lengths.sum())
    fits = [longest <= room.n_steps and total <= room.n_rows for room in rooms]
    return max(number for number, it_fits in enumerate(fits) if it_fits)


@dataclass(frozen=True)
class Slot:
    """Where the batches of one shape are put, one after the other."""

    conversations: Conversations
    room: FixedShape
    items: Tensor  # (2, K) int64: starts in line, lengths; 0 where there is no item
    available: Tensor  # (N, 3) bool

    @classmethod
    def of(cls, conversations: Conversations, room: FixedShape) -> "Slot":
        """An empty one."""
        device = conversations.device
        items = torch.zeros(2, room.n_dialogues, dtype=torch.int64, device=device)
        available = torch.zeros(room.n_rows, len(MODALITIES), dtype=torch.bool, device=device)
        return cls(conversations, room, items, available)

    def fill(self, items: Tensor, available: Tensor) -> None:
        """Items (2, K), and masks (N or more, 3) of their utterances, item after item."""
        self.items.copy_(items)
        self.available.copy_(available[: self.room.n_rows])

    def batch(self, *, is_column: bool) -> ConversationBatch:
        """What lies there; `is_column`: every item is one utterance, and so is every dialogue."""
        starts, lengths = self.items.unbind()
        if is_column:
            return _place(self.conversations, starts, lengths > 0, self.available, None)
        layout = FixedLayout.in_room(lengths, self.room, is_full=False)
        own = layout.owner.clamp(max=self.room.n_dialogues - 1)
        places = starts.index_select(0, own) + layout.steps
        places = places.masked_fill(~layout.valid, 0)
        return _place(self.conversations, places, layout.valid, self.available, layout)


def batch_of_items(
    conversations: Conversations, items: Items, available: Tensor, *, is_column: bool
) -> ConversationBatch:
    """These items and no room beyond; masks (n, 3) of their utterances. Withheld vectors are zeros.

    Made outside of a recording that is to use it.
    """
    device = conversations.device
    places, lengths = items.places().to(device), items.lengths.to(device)
    layout = None
    if not is_column:
        room = FixedShape(len(items), int(items.lengths.max()), len(places))
        layout = FixedLayout.in_room(lengths, room, is_full=True)
    valid = torch.ones(len(places), dtype=torch.bool, device=device)
    return _place(conversations, places, valid, available, layout).masked()


def with_stores(batch: ConversationBatch, stores: dict[str, Tensor]) -> ConversationBatch:
    """The batch, its rows read from other stores."""
    features = batch.features
    assert isinstance(features, FeatureRows)
    return replace(batch, features=replace(features, stores=stores))


def pack_epoch(
    parts: Sequence[Items], masks: Sequence[NDArray[np.bool_]], largest: FixedShape
) -> tuple[Tensor, Tensor]:
    """All batches of an epoch, to be sent at once: items (b, 2, K), masks (b, N, 3)."""
    items = torch.zeros(len(parts), 2, largest.n_dialogues, dtype=torch.int64)
    available = torch.zeros(len(parts), largest.n_rows, len(MODALITIES), dtype=torch.bool)
    for number, (part, mask) in enumerate(zip(parts, masks, strict=True)):
        items[number, 0, : len(part)] = part.starts
        items[number, 1, : len(part)] = part.lengths
        available[number, : len(mask)] = torch.from_numpy(mask)
    return items, available


def _place(
    conversations: Conversations,
    places: Tensor,
    valid: Tensor,
    available: Tensor,
    layout: Layout | None,
) -> ConversationBatch:
    """Rows at `places` (N,) in line, as one line (1, N) with a layout, as a column (N, 1) without.

    Where not `valid` (N,), places are 0, and what is found there is hidden.
    """
    axis = 1 if layout is None else 0
    rows = conversations.rows.index_select(0, places).masked_fill(~valid, NOTHING)
    extracted = conversations.extracted.index_select(0, places) & valid.unsqueeze(1)
    grid = rows.unsqueeze(axis)
    stores = conversations.features

    return ConversationBatch(
        features=FeatureRows(stores, dict.fromkeys(stores, grid), is_fixed=True),
        extracted=extracted.unsqueeze(axis),
        available=available.unsqueeze(axis),
        valid=valid.unsqueeze(axis),
        speakers=(conversations.speakers.index_select(0, places) * valid).unsqueeze(axis),
        labels=(conversations.labels.index_select(0, places) * valid).unsqueeze(axis),
        rows=grid,
        layout=layout,
    )
