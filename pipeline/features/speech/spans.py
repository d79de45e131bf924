"""Probabilities of speech -> stretches of it that never overlap: cut at pauses, and where too long.

Everything counts in chunks of 32 ms (pipeline/features/speech/silero.py). A stretch begins where
speech is probable, and ends where it has been improbable for a pause; its own end is where that
began.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.features.speech.silero import STEP_S

Probabilities = NDArray[np.float32]  # (n_chunks,)
END_BELOW = 0.15  # less than where speech begins: a voice that fades is still a voice
SHORTEST_S = 0.2  # less is a click, or a breath
MARGIN = 0.25  # share of the longest stretch that neither end of a cut may fall below


@dataclass(frozen=True, slots=True)
class Stretch:
    """Chunks [start, end) that hold speech."""

    start: int
    end: int

    @property
    def seconds(self) -> tuple[float, float]:
        """Where it begins and ends in the file."""
        return self.start * STEP_S, self.end * STEP_S


def stretches(
    probabilities: Probabilities, min_probability: float, pause_s: float, longest_s: float
) -> list[Stretch]:
    """The stretches of speech of a file."""
    found = _joined(_active(probabilities, min_probability), pause_s)
    long_enough = [
        stretch for stretch in found if (stretch.end - stretch.start) * STEP_S >= SHORTEST_S
    ]
    longest = round(longest_s / STEP_S)
    return [piece for stretch in long_enough for piece in _cut(stretch, probabilities, longest)]


def _active(probabilities: Probabilities, min_probability: float) -> Iterator[Stretch]:
    """Where speech is on: it goes on at `min_probability`, and off well below."""
    start: int | None = None
    off_below = max(min_probability - END_BELOW, 0.01)
    for place, probability in enumerate(probabilities.tolist()):
        if start is None and probability >= min_probability:
            start = place
        elif start is not None and probability < off_below:
            yield Stretch(start, place)
            start = None
    if start is not None:
        yield Stretch(start, len(probabilities))


def _joined(active: Iterator[Stretch], pause_s: float) -> list[Stretch]:
    found: list[Stretch] = []
    for stretch in active:
        if found and (stretch.start - found[-1].end) * STEP_S < pause_s:
            found[-1] = Stretch(found[-1].start, stretch.end)
        else:
            found.append(stretch)
    return found


def _cut(stretch: Stretch, probabilities: Probabilities, longest: int) -> Sequence[Stretch]:
    """Pieces of at most `longest` chunks, cut where speech is least likely."""
    pieces = []
    while stretch.end - stretch.start > longest:
        # Both sides keep a share, so that no piece is a scrap.
        low = stretch.start + round(longest * MARGIN)
        high = min(stretch.start + longest, stretch.end - round(longest * MARGIN))
        place = low + int(np.argmin(probabilities[low:high]))
        pieces.append(Stretch(stretch.start, place))
        stretch = Stretch(place, stretch.end)
    return [*pieces, stretch]
