"""Predictions of a learner at many missing rates, evaluated together in few batches.

A dialogue under one mask is an item of its own, so that eight rates of a test set are one set of
eight times as many dialogues, sorted by length and cut into batches of bounded size. Where several
rates leave the same of an item, it is predicted once: a single utterance can look in seven ways
only. So too for learners that train on the whole set at once (`batching` full). One whose outputs
depend on padding (`sees_padding`) is asked rate by rate instead, by batches in the given order:
what it says at a rate must not depend on which others are asked for.

A learner is shown no vector that is withheld from it: a batch has no other, and `embed` gets zeros
for what no rate leaves.
Shapes: R rates, I items, n utterances of theirs, N utterances in line, C outputs.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.batch import ConversationBatch
from models.learner import Learner
from models.vocabulary import MODALITIES
from pipeline.base.large_arrays import pieces, room_for
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
    if not len(items):
        raise ValueError("no dialogue to predict")

    batch_size = learner.batch_size if learner.sees_padding else None
    groups = torch.split(torch.from_numpy(masks), 1 if learner.sees_padding else len(masks))

    found: NDArray[np.float32] | None = None
    with torch.no_grad():
        shown = torch.from_numpy(masks.any(axis=0))
        predict, conversations = _embedded(learner, conversations, items.places(), shown)
        done = 0
        for group in groups:
            seed()
            told = _predict_items(predict, conversations, items, group, batch_size)
            found = told if len(group) == len(masks) else _put(told, found, done, len(masks))
            done += len(group)

    learner.train(was_training)
    assert found is not None
    return found


def _put(
    told: NDArray[np.float32], found: NDArray[np.float32] | None, done: int, n_rates: int
) -> NDArray[np.float32]:
    """Outputs of some rates among those of all (R, n, C)."""
    if found is None:
        found = room_for((n_rates, *told.shape[1:]), np.float32)
    found[done : done + len(told)] = told
    return found


def _embedded(
    learner: Learner, conversations: Conversations, places: Tensor, shown: Tensor
) -> tuple[Callable[[ConversationBatch], Tensor], Conversations]:
    """How to predict, and from what: vectors are embedded once for all rates if they can be.

    Shown (N, 3): cells of the line that some rate leaves; the others' vectors are not handed over.
    """
    if not learner.embeds:
        return learner.predict, conversations
    features, embedded = embeddable(conversations, places, shown)
    return learner.predict_embedded, replace(embedded, features=learner.embed(features))


def embeddable(
    conversations: Conversations, places: Tensor, shown: Tensor
) -> tuple[dict[str, Tensor], Conversations]:
    """The vectors of the utterances at `places` that some rate shows, others zeros: to be embedded.

    And the conversations whose rows count in them; what features they hold is not meant.
    """
    places = places.to(conversations.device)
    used = conversations.rows[places]
    hidden = dict(zip(MODALITIES, (~shown.to(places.device)[places]).unbind(dim=1), strict=True))
    features = {
        name: stored.index_select(0, used).masked_fill_(hidden[name].unsqueeze(1), 0.0)
        for name, stored in conversations.features.items()
    }

    rows = torch.zeros_like(conversations.rows)  # utterances of no item are not looked at
    rows[places] = torch.arange(len(used), device=rows.device)
    return features, replace(conversations, rows=rows)


def _predict_items(
    predict: Callable[[ConversationBatch], Tensor],
    conversations: Conversations,
    items: Items,
    masks: Tensor,
    batch_size: int | None,
) -> NDArray[np.float32]:
    """(R, n, C) of all utterances of the items, item after item, masks (R, N, 3)."""
    n_rates, n_line, _ = masks.shape
    places = items.places()
    equals = equal_rates(masks[:, places] & conversations.extracted.cpu()[places], items)
    chosen = equals == torch.arange(n_rates).unsqueeze(1)
    flat = masks.flatten(0, 1).to(conversations.device)

    line: Tensor | None = None
    for part, offsets in batches_of(items, chosen, n_line, batch_size):
        shifted = Items(part.starts + offsets, part.lengths)
        available = place_masks(conversations, shifted, flat)
        batch = collate(conversations, part).with_available(available).for_prediction()
        outputs = predict(batch)[batch.valid].float()
        if line is None:
            line = _line(n_rates * n_line, outputs)
        line[shifted.places().to(line.device)] = outputs

    assert line is not None
    cells = equals.repeat_interleave(items.lengths, dim=1) * n_line + places
    found = room_for((*cells.shape, line.shape[-1]), np.float32)
    for rate, own in enumerate(cells):
        for piece in pieces(*found.shape[1:]):
            found[rate, piece] = line[own[piece].to(line.device)].cpu().numpy()
    return found


def _line(n_cells: int, outputs: Tensor) -> Tensor:
    """Room for outputs (n_cells, C): on their device, or where they are too many in a file."""
    if outputs.device.type == "cpu":
        return torch.from_numpy(room_for((n_cells, outputs.shape[-1]), np.float32))
    return outputs.new_empty(n_cells, outputs.shape[-1])


def equal_rates(usable: Tensor, items: Items) -> Tensor:
    """(R, n, 3) usable cells -> (R, I): the first rate at which an item is what it is at each."""
    looks = (usable * torch.tensor([1, 2, 4], dtype=torch.uint8)).sum(dim=2, dtype=torch.uint8)
    differs = (looks.unsqueeze(1) != looks).numpy()  # (R, R, n)
    firsts = (items.lengths.cumsum(0) - items.lengths).numpy()
    same = ~np.logical_or.reduceat(differs, firsts, axis=2)
    return torch.from_numpy(same.argmax(axis=1))


def batches_of(
    items: Items, chosen: Tensor, n_line: int, batch_size: int | None
) -> Iterator[tuple[Items, Tensor]]:
    """The chosen (R, I) items with their mask's offset in the flat masks.

    Longest items first; in the given order with a `batch_size`.
    """
    rates, numbers = chosen.nonzero(as_tuple=True)
    every, offsets = items.take(numbers), rates * n_line
    order = torch.arange(len(every))
    if batch_size is None:
        order = torch.argsort(every.lengths, descending=True, stable=True)

    start = 0
    while start < len(order):
        longest = int(every.lengths[order[start]])
        picked = order[start : start + (batch_size or max(1, MAX_CELLS // longest))]
        yield every.take(picked), offsets[picked]
        start += len(picked)
