"""The validation of every epoch, recorded as a whole: its dialogues and its masks never change.

What `pipeline.conversations.inference` computes, for learners whose steps are replayed
(`fixed_steps`). Batches are made once, and hold no vector that is withheld; only weights differ
from epoch to epoch.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.batch import ConversationBatch
from models.branches import at_once
from models.learner import Learner
from pipeline.conversations.collate import Items, items_of
from pipeline.conversations.dataset import Conversations
from pipeline.conversations.fixed_batches import batch_of_items, with_stores
from pipeline.conversations.index import IntArray
from pipeline.conversations.inference import batches_of, embeddable, equal_rates
from pipeline.training.recording import Recorder


class FixedEvaluation:
    """Predictions (R, n, C) of the same n utterances under the same masks (R, N, 3), again."""

    def __init__(
        self,
        learner: Learner,
        conversations: Conversations,
        dialogues: IntArray,
        masks: NDArray[np.bool_],
        recorder: Recorder,
    ) -> None:
        self._learner = learner
        items = items_of(conversations.index, dialogues, learner.batching)

        self._vectors = dict(conversations.features)
        if learner.embeds:
            shown = torch.from_numpy(masks.any(axis=0))
            self._vectors, conversations = embeddable(conversations, items.places(), shown)

        self._batches, self._cells = _batches(learner, conversations, items, masks)
        self._recording = recorder.recording_of(self._work)
        self._shape = (len(masks), len(items.places()), -1)

    def predict(self, seed: Callable[[], None]) -> NDArray[np.float32]:
        """(R, n, C), with the weights of now; `seed` sets torch's generators before."""
        was_training = self._learner.training
        self._learner.eval()
        seed()
        with torch.no_grad():
            outputs = self._recording.play().view(self._shape).cpu().numpy()
        self._learner.train(was_training)
        return outputs

    @torch.no_grad()
    def _work(self) -> Tensor:
        """(R * n, C)."""
        learner, stores, predict = self._learner, self._vectors, self._learner.predict
        if learner.embeds:
            stores, predict = dict(learner.embed(stores)), learner.predict_embedded
        batches = [with_stores(batch, stores) for batch in self._batches]
        pieces = [partial(predict, batch) for batch in batches]
        outputs = at_once(pieces, self._cells.device)
        return torch.cat([output.flatten(0, 1).float() for output in outputs]).index_select(
            0, self._cells
        )


def _batches(
    learner: Learner, conversations: Conversations, items: Items, masks: NDArray[np.bool_]
) -> tuple[list[ConversationBatch], Tensor]:
    """What is predicted, and (R * n,) the place in there of each rate's utterances.

    What several rates leave alike of an item is predicted once, as in `inference`.
    """
    stored = torch.from_numpy(masks)
    n_rates, n_line, _ = stored.shape
    places, device = items.places(), conversations.device
    equals = equal_rates(stored[:, places] & conversations.extracted.cpu()[places], items)
    chosen = equals == torch.arange(n_rates).unsqueeze(1)
    flat = stored.flatten(0, 1)

    line = torch.zeros(n_rates * n_line, dtype=torch.int64)
    batches, n_before = [], 0
    is_column = learner.batching != "dialogues"
    for part, offsets in batches_of(items, chosen, n_line, None):
        in_line = Items(part.starts + offsets, part.lengths).places()
        available = flat[in_line].to(device)
        batches.append(batch_of_items(conversations, part, available, is_column=is_column))
        line[in_line] = torch.arange(n_before, n_before + len(in_line))
        n_before += len(in_line)

    cells = equals.repeat_interleave(items.lengths, dim=1) * n_line + places
    return batches, line[cells.flatten()].to(device)
