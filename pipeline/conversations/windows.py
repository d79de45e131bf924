"""Dialogues of any length: stretches as long as a network knows from training, which overlap.

A dialogue that is no longer than the longest of training is one window, and what the network says
of it is what it always said. A longer one is cut into windows of that length, each half a window
after the one before; what the windows say of an utterance is averaged. A window knows its own
speakers: their codes begin anew in it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.learner import Learner
from pipeline.conversations.index import ConversationIndex, IntArray, code_speakers


@dataclass(frozen=True)
class Windows:
    """D windows with n utterances in all, as dialogues of `index`."""

    index: ConversationIndex
    places: IntArray  # (n,) where each stands in the line that was cut, 0..N-1

    def averaged(self, outputs: NDArray[np.float32], n_line: int) -> NDArray[np.float32]:
        """(n, C) outputs of all windows -> (N, C) means; NaN where no window looked."""
        sums = np.zeros((n_line, outputs.shape[1]))
        np.add.at(sums, self.places, outputs)
        counts = np.bincount(self.places, minlength=n_line)
        with np.errstate(invalid="ignore"):
            return (sums / counts[:, None]).astype(np.float32)


def trained_length(learner: Learner, longest: int) -> int | None:
    """Utterances of a window: the longest dialogue of training; None: no neighbour is looked at."""
    return longest if learner.batching == "dialogues" else None


def cut_dialogues(
    index: ConversationIndex, speakers: Sequence[str], length: int | None, max_speakers: int | None
) -> Windows:
    """Windows of all dialogues; `speakers` (N,) are names. Those of too many speakers are left out.

    What is left out is in no window of `places`.
    """
    spans = [
        (dialogue, start, stop)
        for dialogue in range(len(index.lengths))
        for start, stop in _spans(int(index.lengths[dialogue]), length)
    ]
    kept: list[tuple[int, IntArray, list[int]]] = []

    for dialogue, start, stop in spans:
        first = int(index.starts[dialogue])
        places = np.arange(first + start, first + stop)
        codes = code_speakers(speakers[place] for place in places.tolist())
        if max_speakers is None or max(codes) < max_speakers:
            kept.append((dialogue, places, codes))

    return _windows(index, kept)


def _windows(index: ConversationIndex, kept: Sequence[tuple[int, IntArray, list[int]]]) -> Windows:
    places = np.concatenate([places for _, places, _ in kept] or [np.zeros(0, np.int64)])
    lengths = np.array([len(places) for _, places, _ in kept], dtype=np.int64)
    return Windows(
        ConversationIndex(
            utterance_ids=index.utterance_ids[places],
            dialogue_ids=index.dialogue_ids[[dialogue for dialogue, _, _ in kept]],
            starts=np.cumsum(lengths) - lengths,
            lengths=lengths,
            store_rows=index.store_rows[places],
            label_rows=index.label_rows[places],
            speakers=np.array([code for _, _, codes in kept for code in codes], dtype=np.int64),
        ),
        places,
    )


def _spans(n: int, length: int | None) -> Iterator[tuple[int, int]]:
    """First and last of each window of n utterances; the last one ends with the dialogue."""
    if length is None or n <= length:
        yield 0, n
        return
    step = max(length // 2, 1)
    for start in range(0, n - length, step):
        yield start, start + length
    yield n - length, n
