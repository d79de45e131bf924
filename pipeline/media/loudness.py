"""How loud spans of sound are, a hundred times a second, from their pieces as they are decoded."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.media.arrays import Waveform
from pipeline.media.cutting import SoundPiece
from pipeline.media.errors import MediaError
from pipeline.media.grid import Span

STEPS_PER_S = 100
SILENT = 1e-3  # full scale is 1: 60 dB below it

Levels = NDArray[np.float64]  # (n,)
Sounds = Callable[[Path, Sequence[Span], int | None], Iterator[SoundPiece]]  # as `cut_sound`


@dataclass(frozen=True)
class Loudness:
    """Mean power of each hundredth of a second from `start_s` on."""

    start_s: float
    power: Levels

    @property
    def is_silent(self) -> bool:
        """Whether nothing is to be heard in any step."""
        return not (self.power > SILENT**2).any()

    def at(self, times_s: Levels, before_s: float, after_s: float) -> Levels:
        """Root mean square from so long before each time to so long after it; 0 out of the span."""
        total = np.concatenate([[0.0], np.cumsum(self.power)])
        first, end = (
            np.clip(np.round((times_s + shift - self.start_s) * STEPS_PER_S), 0, len(self.power))
            for shift in (-before_s, after_s)
        )
        mean = (total[end.astype(int)] - total[first.astype(int)]) / np.maximum(end - first, 1)
        return np.asarray(np.sqrt(np.maximum(mean, 0.0)))


def loudness_of(sounds: Sounds, path: Path, spans: Sequence[Span]) -> list[Loudness | None]:
    """Of each span; None where the file has no sound for it. Holds no waveform."""
    cut = partial(sounds, path)
    found: list[Loudness | None] = [None] * len(spans)
    cancelled: dict[int, list[int]] = {}
    for index, loudness, channel in _measured(cut, spans, None):
        if channel is None:
            found[index] = loudness
        else:
            cancelled.setdefault(channel, []).append(index)

    # Of an inverted channel the mean tells nothing: such spans are heard once more.
    for channel, indices in cancelled.items():
        for place, loudness, _ in _measured(cut, [spans[index] for index in indices], channel):
            found[indices[place]] = loudness
    return found


def _measured(
    cut: Callable[[Sequence[Span], int | None], Iterator[SoundPiece]],
    spans: Sequence[Span],
    channel: int | None,
) -> Iterator[tuple[int, Loudness | None, int | None]]:
    """Index, loudness, and the channel to hear instead where the mean of all cancels."""
    from pipeline.media.audio import uncancelled_channel  # loads torch: only where it is needed

    meters: dict[int, _Meter] = {}
    try:
        for piece in cut(spans, channel):
            meter = meters.setdefault(piece.index, _Meter(piece.rate_hz))
            meter.take(piece.samples)
            if piece.end is not None:
                other = uncancelled_channel(piece.end) if channel is None else None
                power = np.array(meters.pop(piece.index).power)
                is_heard = piece.end.found_s > 0 and not piece.end.refusal
                loudness = Loudness(spans[piece.index][0], power) if is_heard else None
                yield piece.index, loudness, other
    except MediaError:
        return  # no sound for those that have not ended


@dataclass
class _Meter:
    """Powers of one span while its samples arrive."""

    rate_hz: int
    power: list[float] = field(default_factory=list)
    n_done: int = 0  # samples that are counted in `power`
    rest: Waveform = field(default_factory=lambda: np.zeros(0, np.float32))

    def take(self, samples: Waveform) -> None:
        """Count all whole steps; what is left waits."""
        waiting = np.concatenate([self.rest, samples])
        n_taken = 0
        while True:
            length = self._border(len(self.power) + 1) - self.n_done
            if n_taken + length > len(waiting):
                break
            step = np.nan_to_num(waiting[n_taken : n_taken + length], posinf=0, neginf=0)
            self.power.append(float(np.square(step, dtype=np.float64).mean()) if length else 0.0)
            n_taken += length
            self.n_done += length
        self.rest = waiting[n_taken:]

    def _border(self, step: int) -> int:
        """The sample at which a step begins."""
        return step * self.rate_hz // STEPS_PER_S
