"""Made dialogues of the sizes of IEMOCAP, CMU-MOSI and CMU-MOSEI, for ours and for plain code.

Counts, shortest and longest dialogues are those of the corpora (reading.md B.1); lengths in
between are log-normal, features and labels random. Rates are the protocol's eight.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from benchmarks.plain.batches import Dialogue
from models.learner import TaskShape
from models.vocabulary import MODALITIES, Kind
from pipeline.conversations.dataset import Conversations
from pipeline.conversations.index import ConversationIndex
from pipeline.protocol.availability import draw_availability

DIMS = {"audio": 512, "text": 1024, "visual": 1024}
RATES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)


@dataclass(frozen=True)
class Part:
    """Dialogues of one role; `timed` of them are used where all would take too long."""

    dialogues: int
    utterances: int
    shortest: int
    longest: int
    spread: float  # standard deviation of the logarithm of the length
    timed: int

    def lengths(self, rng: np.random.Generator) -> NDArray[np.int64]:
        """Lengths of all dialogues; they sum to `utterances`, the longest comes first."""
        n = self.dialogues - 1
        wanted = self.utterances - self.longest
        drawn = np.exp(rng.normal(0, self.spread, n))
        low, high = self.shortest, self.longest
        lengths = np.clip(np.round(drawn * wanted / drawn.sum()), low, high).astype(np.int64)
        while (lacking := wanted - int(lengths.sum())) != 0:
            step = 1 if lacking > 0 else -1
            can = np.flatnonzero((lengths + step >= low) & (lengths + step <= high))
            lengths[rng.choice(can, min(abs(lacking), len(can)), replace=False)] += step
        return np.concatenate([[self.longest], lengths])


@dataclass(frozen=True)
class Size:
    """A corpus and its task."""

    name: str
    kind: Kind
    n_outputs: int
    n_speakers: int
    train: Part
    test: Part


SIZES = {
    "iemocap": Size(
        "iemocap",
        "classification",
        4,
        2,
        Part(120, 4290, 5, 110, 0.32, timed=120),
        Part(31, 1241, 5, 83, 0.32, timed=31),
    ),
    "mosi": Size(
        "mosi",
        "regression",
        1,
        1,
        Part(52, 1284, 9, 63, 0.45, timed=52),
        Part(31, 686, 10, 43, 0.4, timed=31),
    ),
    "mosei": Size(
        "mosei",
        "regression",
        1,
        1,
        Part(2249, 16326, 1, 98, 0.84, timed=256),
        Part(676, 4659, 1, 52, 0.8, timed=96),
    ),
}


@dataclass(frozen=True)
class Made:
    """Data of one size: training dialogues first, test dialogues after them."""

    size: Size
    conversations: Conversations
    train: NDArray[np.int64]
    test: NDArray[np.int64]
    masks: NDArray[np.bool_]  # (8, N, 3), one per rate

    @property
    def shape(self) -> TaskShape:
        """What networks must know."""
        size = self.size
        longest = max(size.train.longest, size.test.longest)
        return TaskShape(DIMS, size.n_outputs, size.kind, longest, size.n_speakers)

    @cached_property
    def plain(self) -> dict[str, list[Dialogue]]:
        """The same dialogues as plain code keeps them, by role."""
        return {
            "train": [self._dialogue(d) for d in self.train],
            "test": [self._dialogue(d) for d in self.test],
        }

    def plain_masks(self) -> list[list[Tensor]]:
        """masks[r][d]: (L, 3) of test dialogue d at rate r."""
        device = self.conversations.device
        return [
            [torch.from_numpy(mask[self._span(d)]).to(device) for d in self.test]
            for mask in self.masks
        ]

    def counts(self) -> str:
        """In words: how much of it is timed."""
        index = self.conversations.index
        parts = []
        for name, numbers, part in (
            ("training", self.train, self.size.train),
            ("test", self.test, self.size.test),
        ):
            n_utterances = int(index.lengths[numbers].sum())
            parts.append(
                f"{len(numbers)} of {part.dialogues} {name} dialogues ({n_utterances} of "
                f"{part.utterances} utterances)"
            )
        return ", ".join(parts)

    def _span(self, dialogue: int) -> slice:
        index = self.conversations.index
        return slice(index.starts[dialogue], index.starts[dialogue] + index.lengths[dialogue])

    def _dialogue(self, number: int) -> Dialogue:
        held, span = self.conversations, self._span(number)
        features = {name: value[held.rows[span]].clone() for name, value in held.features.items()}
        return {
            **features,
            "extracted": held.extracted[span],
            "speakers": held.speakers[span],
            "labels": held.labels[span],
        }


def make(size: Size, device: torch.device, fraction: float = 1.0, whole: bool = False) -> Made:
    """Data of a size from seed 0; of each part the timed dialogues, all if `whole`."""
    rng = np.random.default_rng(0)
    kept = [_take(part, fraction, whole, rng) for part in (size.train, size.test)]
    lengths = np.concatenate(kept)
    n = int(lengths.sum())

    places = np.arange(n)
    index = ConversationIndex(
        utterance_ids=np.char.add("u", places.astype(str)),
        dialogue_ids=np.char.add("d", np.arange(len(lengths)).astype(str)),
        starts=np.cumsum(lengths) - lengths,
        lengths=lengths,
        store_rows=places,
        label_rows=places,
        speakers=rng.integers(0, size.n_speakers, n),
    )

    is_classes = size.kind == "classification"
    labels = rng.integers(0, size.n_outputs, n) if is_classes else rng.normal(size=n)
    conversations = Conversations(
        index=index,
        features={m: _features(n, dim, seed) for seed, (m, dim) in enumerate(DIMS.items())},
        extracted=torch.ones(n, len(MODALITIES), dtype=torch.bool),
        rows=torch.from_numpy(places),
        speakers=torch.from_numpy(index.speakers),
        labels=torch.from_numpy(labels if is_classes else labels.astype(np.float32)),
    )

    masks = [draw_availability(n, len(MODALITIES), rate, "gcnet", rng) for rate in RATES]
    numbers = np.arange(len(lengths))
    n_train = len(kept[0])
    return Made(
        size, conversations.to(device), numbers[:n_train], numbers[n_train:], np.stack(masks)
    )


def _take(
    part: Part, fraction: float, whole: bool, rng: np.random.Generator
) -> Sequence[int] | NDArray[np.int64]:
    lengths = part.lengths(rng)
    n = part.dialogues if whole else max(2, round(part.timed * fraction))
    return rng.permutation(np.concatenate([lengths[:1], rng.choice(lengths[1:], n - 1, False)]))


def _features(n: int, dim: int, seed: int) -> Tensor:
    return torch.randn(n, dim, generator=torch.Generator().manual_seed(seed))
