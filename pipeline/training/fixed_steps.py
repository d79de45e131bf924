"""The steps of a phase in batches of fixed shapes: each shape's step is recorded, then replayed.

For learners that say they can (`Learner.is_replayable`). A step is loss, gradients and optimisers;
nothing waits for the device before the epoch has ended. Which steps are taken, on what, is as in
`pipeline.training.loop`: the same order, the same masks.
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.kernels import uses_fast_kernels
from models.learner import Learner, Phase
from pipeline.conversations.collate import Items
from pipeline.conversations.dataset import Conversations
from pipeline.conversations.fixed_batches import Slot, number_of_room, pack_epoch, rooms_of
from pipeline.training.masks import TrainingMasks
from pipeline.training.optimizers import PhaseOptimizers
from pipeline.training.recording import Recorder, Recording

# Cells of a batch's attention maps, of one head: long dialogues work in pieces, none is replayed.
MOST_PAIRS = 2**19


def why_not_fixed(learner: Learner, items: Items) -> str | None:
    """Why a learner is not trained in fixed shapes on a GPU; None where it is."""
    if not uses_fast_kernels():
        return "ITEACNET_FAST=0"
    if not learner.is_replayable:
        return "its steps look at values"
    (largest, *_) = rooms_of(items.lengths.numpy(), learner.batch_size)
    if largest.n_steps > 1 and largest.n_dialogues * largest.n_steps**2 > MOST_PAIRS:
        return f"{largest.n_dialogues} dialogues of up to {largest.n_steps} utterances are too many"
    return None


class FixedSteps:
    """Takes the steps of the epochs of one phase."""

    def __init__(
        self,
        learner: Learner,
        phase: Phase,
        optimizers: PhaseOptimizers,
        conversations: Conversations,
        items: Items,
        recorder: Recorder,
    ) -> None:
        self._learner, self._phase, self._optimizers = learner, phase, optimizers
        self._items, self._device = items, conversations.device
        self._recorder = recorder
        self._is_column = learner.batching != "dialogues"

        self._rooms = rooms_of(items.lengths.numpy(), learner.batch_size)
        self._slots = [Slot.of(conversations, room) for room in self._rooms]
        self._recordings: dict[int, Recording] = {}
        self._names: tuple[str, ...] = ()

    def take_epoch(self, order: NDArray[np.int64], masks: TrainingMasks) -> dict[str, float]:
        """One epoch over the items in this order; the means of its losses."""
        size = self._learner.batch_size
        parts = [
            self._items.take(torch.from_numpy(order[start : start + size]))
            for start in range(0, len(order), size)
        ]
        packed = pack_epoch(parts, [masks.of_items(part) for part in parts], self._rooms[0])
        items, available = (tensor.to(self._device) for tensor in packed)

        total: Tensor | None = None
        for number, part in enumerate(parts):
            room = number_of_room(self._rooms, part.lengths)
            self._slots[room].fill(items[number], available[number])
            losses = self._recording(room).play()
            total = losses.clone() if total is None else total.add_(losses)

        assert total is not None
        values = [value / len(parts) for value in total.tolist()]
        return dict(zip(self._names, values, strict=True))

    def _recording(self, room: int) -> Recording:
        if room not in self._recordings:
            kept = [*self._learner.state_dict().values(), *self._optimizers.state().values()]
            self._recordings[room] = self._recorder.recording_of(self._work(room), kept)
        return self._recordings[room]

    def _work(self, room: int) -> Callable[[], Tensor]:
        def step() -> Tensor:
            self._optimizers.forget_gradients()
            batch = self._slots[room].batch(is_column=self._is_column)
            loss = self._learner.loss(batch, self._phase.name)
            torch.autograd.backward(loss.total)
            self._optimizers.step()
            self._names = ("loss", *(f"loss_{name}" for name in loss.parts))
            values: Sequence[Tensor] = (loss.total.detach(), *loss.parts.values())
            return torch.stack(list(values))

        return step
