"""Training and evaluation as plain code does them: pad, mask, step; one pass for every rate.

reading.md A.6, B.4. Frozen; not made fast. Masks are drawn for padded cells too, as GCNet does.
Shapes: L utterances of a dialogue, B dialogues padded to T, R rates, C outputs.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.plain.batches import Dialogue, PlainBatch, batches, single_utterances
from pipeline.protocol.availability import draw_exact


class PlainModel(nn.Module, ABC):
    """What the loop asks of a method."""

    batch_size = 32
    by_utterance = False  # the method knows no context

    @abstractmethod
    def optimizers(self) -> list[torch.optim.Optimizer]:
        """Step together after every batch."""

    @abstractmethod
    def loss(self, batch: PlainBatch) -> Tensor:
        """The loss to minimise."""

    @abstractmethod
    def predict(self, batch: PlainBatch) -> Tensor:
        """(B, T, C)."""

    def limit_gradients(self) -> None:
        """Called between the backward pass and the step."""


def step(
    model: PlainModel, optimizers: Sequence[torch.optim.Optimizer], batch: PlainBatch
) -> Tensor:
    """One step on one batch; the loss before it."""
    for optimizer in optimizers:
        optimizer.zero_grad()
    loss = model.loss(batch)
    loss.backward()
    model.limit_gradients()
    for optimizer in optimizers:
        optimizer.step()
    return loss.detach()


def train_epoch(
    model: PlainModel,
    optimizers: Sequence[torch.optim.Optimizer],
    dialogues: Sequence[Dialogue],
    rng: np.random.Generator,
) -> float:
    """One epoch in random order, each batch at a missing rate from U(0, 0.7); the mean loss."""
    model.train()
    items = single_utterances(dialogues) if model.by_utterance else dialogues
    losses = []
    for batch in batches(items, rng.permutation(len(items)).tolist(), model.batch_size):
        mask = draw_exact(batch.valid.numel(), 3, float(rng.uniform(0, 0.7)), rng)
        available = torch.from_numpy(mask).view(batch.extracted.shape).to(batch.valid.device)
        losses.append(step(model, optimizers, replace(batch, available=available)).item())
    return sum(losses) / len(losses)


@torch.no_grad()
def evaluate(
    model: PlainModel, dialogues: Sequence[Dialogue], masks: Sequence[Sequence[Tensor]]
) -> Tensor:
    """Outputs (R, n, C) for all n utterances; masks[r][d] (L, 3) of rate r and dialogue d."""
    model.eval()
    rates = []
    for of_dialogues in masks:
        masked = [
            {**dialogue, "mask": mask}
            for dialogue, mask in zip(dialogues, of_dialogues, strict=True)
        ]
        items = single_utterances(masked) if model.by_utterance else masked

        parts = [
            model.predict(batch)[batch.valid].cpu()
            for batch in batches(items, list(range(len(items))), model.batch_size)
        ]
        rates.append(torch.cat(parts))
    return torch.stack(rates)
