"""What is withheld in training: the missing rate of each epoch or batch, and the masks.

Rates (reading.md A.6): constant R; "random", r ~ U(0, 0.7) anew for each batch; "progressive",
r = min(0.1 floor(epoch / 10), 0.7). Random rates are no multiples of 0.1, so they use the
exact-count generator (reading.md B.4) whatever the protocol's is.

Learners with masks "per_batch" get a fresh mask for each batch. Those "per_run" keep one mask for
the whole training set, drawn once for a constant rate, and once for every new rate otherwise.
Other conditions than rates are drawn over the whole training set, dialogue by dialogue: anew for
each epoch, or once "per_run".
Padding gets no mask of its own: GCNet draws for padded cells too, which nobody sees. As for stored
masks, rates are shares of what was extracted, and one extracted modality of each utterance stays.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.batch import ConversationBatch
from models.learner import Masks
from pipeline.base.records import MODALITIES
from pipeline.config.condition_parts import Condition
from pipeline.config.methods import TrainRate
from pipeline.config.settings import MAX_RATE
from pipeline.config.tasks import GeneratorName
from pipeline.conversations.collate import Items, place_masks, scatter_masks
from pipeline.conversations.dataset import Conversations
from pipeline.conversations.index import IntArray
from pipeline.protocol.availability import spread, withhold
from pipeline.protocol.drawing import Line, draw
from pipeline.training.randomness import stream

EPOCHS_PER_STEP = 10  # progressive: epochs at each rate
RATE_STEP = 0.1


def progressive_rate(epoch: int) -> float:
    """Rate of epoch 0, 1, ...: 0.1 more every ten epochs, up to 0.7."""
    return min(round(RATE_STEP * (epoch // EPOCHS_PER_STEP), 1), MAX_RATE)


class TrainingMasks:
    """Draws masks for the batches of one run, and counts what they withhold in an epoch."""

    def __init__(
        self,
        conversations: Conversations,
        utterances: IntArray,
        rate: TrainRate,
        generator: GeneratorName,
        kind: Masks,
        seed: int,
    ) -> None:
        self.rate, self.kind, self.seed = rate, kind, seed
        self.generator: GeneratorName = "exact" if rate == "random" else generator

        self._conversations, self._utterances = conversations, utterances
        self._modalities = tuple(name for name in MODALITIES if name in conversations.features)
        columns = [MODALITIES.index(name) for name in self._modalities]
        self._extracted = conversations.extracted.cpu().numpy()[:, columns]

        self._line: NDArray[np.bool_] | None = None
        self._placed: Tensor | None = None  # `_line` on the device
        self._line_rate: float | None = None
        self.start_epoch(0, 0)

    def start_epoch(self, phase: int, epoch: int, is_complete: bool = False) -> None:
        """Begin an epoch (0, 1, ... of its phase): its stream, its rate, counts at zero.

        A complete one withholds nothing, so nothing is drawn and its rates are 0.
        """
        self._is_complete = is_complete
        self._rng = stream(self.seed, "masks", phase, epoch)
        self._n_rows, self._n_extracted = 0, 0.0
        self._rate_sum = self._missing_sum = 0.0

        if is_complete:
            return
        if isinstance(self.rate, Condition):
            self._renew_under(self.rate)
            return

        self._epoch_rate = progressive_rate(epoch) if self.rate == "progressive" else self.rate
        if self.kind == "per_run":
            self._renew_line()

    @property
    def mean_rate(self) -> float:
        """Nominal rate of the epoch so far, mean over utterances; of a condition the realised."""
        if isinstance(self.rate, Condition):
            return round(self.realised, 9)
        return round(self._rate_sum / max(self._n_rows, 1), 9)

    @property
    def realised(self) -> float:
        """Share of the extracted cells of the epoch so far that were withheld."""
        return self._missing_sum / self._n_extracted if self._n_extracted else 0.0

    def place(self, batch: ConversationBatch, items: Items) -> ConversationBatch:
        """The batch of these items, nothing withheld from it yet, under its mask."""
        if self._is_complete:
            return batch
        if self._line is not None:
            if self._placed is None:
                self._placed = torch.from_numpy(self._line).to(self._conversations.device)
            return batch.with_available(place_masks(self._conversations, items, self._placed))
        mask = self.of_items(items)
        placed = torch.from_numpy(mask).to(batch.valid.device)
        return batch.with_available(scatter_masks(batch, placed))

    def of_items(self, items: Items) -> NDArray[np.bool_]:
        """(n, 3) for the utterances of these items, item after item: the mask of the next batch."""
        places = items.places().numpy()
        if self._is_complete:
            return np.ones((len(places), 3), dtype=bool)
        if self._line is not None:
            line: NDArray[np.bool_] = self._line[places]
            return line
        return self._draw(places, self._next_rate(), self._rng)

    def _next_rate(self) -> float:
        if self._epoch_rate == "random":
            return float(self._rng.uniform(0, MAX_RATE))
        return float(self._epoch_rate)

    def _renew_line(self) -> None:
        rate = self._next_rate()
        if rate == self._line_rate and self._line is not None:
            self._count(self._line[self._utterances], self._utterances, rate)
            return
        is_random = self.rate == "random"
        rng = self._rng if is_random else stream(self.seed, "run_masks", 0, round(1000 * rate))
        line = np.zeros((len(self._conversations.rows), 3), dtype=bool)
        line[self._utterances] = self._draw(self._utterances, rate, rng)
        self._line, self._placed = line, None
        self._line_rate = rate

    def _renew_under(self, condition: Condition) -> None:
        if self.kind == "per_run" and self._line is not None:
            self._count(self._line[self._utterances], self._utterances, 0.0)
            return
        rng = stream(self.seed, "run_masks", 0, 0) if self.kind == "per_run" else self._rng
        lengths = self._conversations.index.lengths
        dialogues = np.repeat(np.arange(len(lengths)), lengths)[self._utterances]
        extracted = self._extracted[self._utterances]
        drawn = draw(condition, Line(extracted, dialogues, self._modalities, self.generator), rng)

        mask = spread(drawn, self._modalities)
        self._count(mask, self._utterances, 0.0)
        line = np.zeros((len(self._conversations.rows), 3), dtype=bool)
        line[self._utterances] = mask
        self._line, self._placed = line, None

    def _draw(self, places: IntArray, rate: float, rng: np.random.Generator) -> NDArray[np.bool_]:
        narrow = withhold(self._extracted[places], rate, self.generator, rng)
        mask = spread(narrow, self._modalities)
        self._count(mask, places, rate)
        return mask

    def _count(self, mask: NDArray[np.bool_], places: IntArray, rate: float) -> None:
        """What was never extracted counts neither as kept nor as withheld."""
        extracted = spread(self._extracted[places], self._modalities)
        n_modalities = len(self._modalities)
        n_extracted = float(extracted.sum()) / n_modalities
        self._n_rows += len(mask)
        self._rate_sum += rate * len(mask)
        self._n_extracted += n_extracted
        self._missing_sum += n_extracted - float((mask & extracted).sum()) / n_modalities
