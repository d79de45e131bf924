"""Predictions of a learner at many missing rates, evaluated together in few batches.

A dialogue under one mask is an item of its own, so that eight rates of a test set are one set of
eight times as many dialogues, sorted by length and cut into batches of bounded size. Learners
that see the whole set at once (`batching` full) get one rate at a time: their codes belong to it.
Shapes: R rates, N utterances in line, C outputs.
"""

from collections.abc import Callable, Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.learner import Learner
from pipeline.conversations.collate import Items, collate, items_of, place_masks
from pipeline.conversations.dataset import Conversations
from pipeline.conversations.index import IntArray

MAX_CELLS = 4096  # utterances with padding in one batch: speed is level from 2,000 on (measured)


def predict_rates(
    learner: Learner,
    conversations: Conversations,
    dialogues: IntArray,
    masks: NDArray[np.bool_],
    seed: Callable[[], None],
) -> NDArray[np.float32]:
    """(R, n, C) outputs for the n utterances of `dialogues`, masks (R, N, 3) over the line.

    `seed` sets torch's global generator before each pass: the same outputs whenever it runs.
    """
    was_training = learner.training
    learner.eval()
    items = items_of(conversations.index, dialogues, learner.batching)
    wanted = conversations.index.utterances_of(dialogues)
    groups = (
        [masks[r : r + 1] for r in range(len(masks))] if learner.batching == "full" else [masks]
    )
    outputs = []
    for group in groups:
        seed()
        flat = torch.from_numpy(group).flatten(0, 1).to(conversations.device)
        line = _predict_line(learner, conversations, items, flat, n_rates=len(group))
        outputs.append(line[:, wanted])
    learner.train(was_training)
    return np.concatenate(outputs)


def _predict_line(
    learner: Learner, conversations: Conversations, items: Items, masks: Tensor, n_rates: int
) -> NDArray[np.float32]:
    """(n_rates, N, C); rows of utterances that belong to no item are NaN."""
    n_line = len(conversations.rows)
    line: Tensor | None = None
    budget = len(items) if learner.batching == "full" else None
    for part, offsets in _batches(items, n_rates, n_line, budget):
        batch = collate(conversations, part)
        shifted = Items(part.starts + offsets, part.lengths)
        batch = batch.with_available(place_masks(conversations, shifted, masks))
        with torch.no_grad():
            outputs = learner.predict(batch)[batch.valid].float()
        if line is None:
            shape = (n_rates * n_line, outputs.shape[-1])
            line = torch.full(shape, torch.nan, device=outputs.device)
        line[_line_places(shifted).to(line.device)] = outputs
    if line is None:
        raise ValueError("no dialogue to predict")
    return line.view(n_rates, n_line, -1).cpu().numpy()


def _batches(
    items: Items, n_rates: int, n_line: int, n_items: int | None
) -> Iterator[tuple[Items, Tensor]]:
    """Items of all rates with their mask's offset in the flat masks, longest items first."""
    offsets = torch.arange(n_rates).repeat_interleave(len(items)) * n_line
    every = items.take(torch.arange(len(items)).repeat(n_rates))
    order = torch.argsort(every.lengths, descending=True, stable=True)
    if n_items is not None:
        order = torch.arange(len(every))
    start = 0
    while start < len(order):
        longest = int(every.lengths[order[start]])
        numbers = order[start : start + (n_items or max(1, MAX_CELLS // longest))]
        yield every.take(numbers), offsets[numbers]
        start += len(numbers)


def _line_places(items: Items) -> Tensor:
    """Places of all utterances of the items, item after item."""
    firsts = items.lengths.cumsum(0) - items.lengths
    steps = torch.arange(int(items.lengths.sum()))
    return steps + (items.starts - firsts).repeat_interleave(items.lengths)
