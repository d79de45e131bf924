"""Spans of sound cut out of a file at its own rate, in one decode pass for all that fit in memory.

A span is cut by presentation time and by its own borders, so its samples depend on no other span.
Decoding always starts at the beginning: after a seek, codecs with a memory (Opus, HE-AAC, MP3) give
other samples. Nothing here grows with the length of a span: its samples go on in pieces.

Sample i is heard at i / rate seconds; the span [start_s, end_s) holds round(start_s * rate) up to,
not including, round(end_s * rate). What lies before the first or behind the last sound of the file
is left out; a gap inside is zeros. Where time stamps begin anew (pieces of a camcorder joined with
`cat`), what follows comes after what was there, as players have it.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.media.arrays import Waveform
from pipeline.media.damage import Damage
from pipeline.media.errors import UnreadableError
from pipeline.media.grid import Span
from pipeline.media.mono import mono, powers
from pipeline.media.passes import in_passes, longest_s
from pipeline.media.sound_frames import placed_frames

# Gaps of a span are filled up to so much in all: broken time stamps must not fill the memory.
MAX_GAPS_S = 60
# A longer utterance would fill the memory of whoever encodes it: 0.9 GB at 16 kHz.
MAX_SPAN_S = 4 * 3600
PIECE_S = 4  # samples go on when there are so many, so that few pieces are sent


@dataclass(frozen=True)
class SoundPiece:
    """The next samples of a span; `end` comes with the last ones."""

    index: int
    rate_hz: int
    samples: Waveform
    end: "SoundEnd | None" = None


@dataclass(frozen=True)
class SoundEnd:
    """What a span turned out to be. Seconds; powers are sums of squares."""

    asked_s: float | None  # None: to the end of a file that does not say how long it is
    found_s: float  # without the gaps
    channel_powers: tuple[float, ...] = ()  # of each channel, where there are several
    mean_power: float = 0.0  # of their mean
    damage: str = ""  # what did not decode up to here
    refusal: str = ""  # why the span is not read to its end


def cut_sound(
    path: Path, spans: Sequence[Span], channel: int | None = None, damage: Damage | None = None
) -> Iterator[SoundPiece]:
    """Decode `path`; yield the pieces of each span in their order, those of spans in any.

    Every span ends with a piece that has an `end`. `channel`: this one instead of the mean of all.
    Raises the MediaError of the file for all spans that have not ended. Spans that overlap by hours
    take several passes; `damage` is that of the last one.
    """
    damage = Damage() if damage is None else damage
    before = damage.n_errors, damage.first
    for group in in_passes(path, spans, MAX_SPAN_S):
        damage.n_errors, damage.first = before
        for piece in _cut_in_one_pass(path, [spans[index] for index in group], channel, damage):
            yield replace(piece, index=group[piece.index])


def _cut_in_one_pass(
    path: Path, spans: Sequence[Span], channel: int | None, damage: Damage
) -> Iterator[SoundPiece]:
    waiting: list[_Cut] | None = None
    active: list[_Cut] = []
    for frame, position, skipped, said_s in placed_frames(path, damage):
        if waiting is None:
            waiting = _place(spans, frame.sample_rate, said_s)
            for cut in waiting:
                if cut.is_too_long:
                    yield from cut.finish(damage)
            waiting = [cut for cut in waiting if not cut.is_too_long]

        reached = position + frame.samples - skipped
        while waiting and waiting[-1].first < reached:
            active.append(waiting.pop())

        if active:
            chunk, loudness = mono(frame, channel)[skipped:], powers(frame)
            for cut in active:
                cut.take(chunk, position, loudness)
                yield from cut.pieces(PIECE_S)

        over = [cut for cut in active if cut.is_over(reached)]
        active = [cut for cut in active if not cut.is_over(reached)]
        for cut in over:
            yield from cut.finish(damage)
        if not waiting and not active:
            return
    if waiting is None:
        raise UnreadableError(f"no sound decodes: {damage.first or 'the stream is empty'}")
    for cut in [*active, *reversed(waiting)]:
        yield from cut.finish(damage)


@dataclass(slots=True)
class _Cut:
    """A span while its samples arrive; positions are samples of the file."""

    index: int
    first: int
    end: float  # infinite where the span is open
    rate_hz: int
    said_s: float | None  # how long the file says to be
    is_said_too_long: bool = False  # for one span
    chunks: list[Waveform] = field(default_factory=list)
    n_waiting: int = 0  # samples in `chunks`
    reached: int | None = None  # where the last chunk ends
    n_filled: int = 0  # zeros for what is missing inside
    n_found: int = 0
    loudness: NDArray[np.float64] | None = None  # of the mean, then of each channel

    def take(self, chunk: Waveform, position: int, loudness: NDArray[np.float64] | None) -> None:
        """Keep what of `chunk`, which begins at sample `position`, lies in the span."""
        begin = max(self.first - position, 0)
        end = int(min(self.end - position, len(chunk)))
        if begin >= end:
            return

        # What is missing inside becomes silence, up to a limit.
        gap = 0 if self.reached is None else position + begin - self.reached
        gap = min(gap, MAX_GAPS_S * self.rate_hz - self.n_filled)
        if gap > 0:
            self._keep(np.zeros(gap, dtype=np.float32))
            self.n_filled += gap
        self._keep(chunk[begin:end].copy())
        self.n_found += end - begin
        self.reached = position + end

        # Where the number of channels changes, what counts is what comes after.
        if self.loudness is None or loudness is None or len(loudness) != len(self.loudness):
            self.loudness = loudness
        else:
            self.loudness = self.loudness + loudness

    def _keep(self, chunk: Waveform) -> None:
        self.chunks.append(chunk)
        self.n_waiting += len(chunk)

    @property
    def is_too_long(self) -> bool:
        """Whether there is more than is read at once, or the header says that there will be."""
        return self.is_said_too_long or self.n_found > MAX_SPAN_S * self.rate_hz

    def is_over(self, reached: int) -> bool:
        """Whether nothing more is wanted once the file has been read up to sample `reached`."""
        return self.end <= reached or self.is_too_long

    def pieces(self, seconds: float) -> Iterator[SoundPiece]:
        """What waits, where that is at least so much."""
        if self.n_waiting >= max(seconds * self.rate_hz, 1):
            yield SoundPiece(self.index, self.rate_hz, np.concatenate(self.chunks))
            self.chunks, self.n_waiting = [], 0

    def finish(self, damage: Damage) -> Iterator[SoundPiece]:
        """The rest, and what the span turned out to be."""
        yield from self.pieces(0)
        end_s = self.said_s if math.isinf(self.end) else self.end / self.rate_hz
        start_s = self.first / self.rate_hz
        mean, *channels = [0.0] if self.loudness is None else self.loudness.tolist()

        end = SoundEnd(
            asked_s=None if end_s is None else max(end_s - start_s, 0.0),
            found_s=self.n_found / self.rate_hz,
            channel_powers=tuple(channels),
            mean_power=mean,
            damage=damage.describe(),
            refusal=f"the utterance is longer than the {MAX_SPAN_S / 3600:g} hours that are read "
            "at once; give it start_s and end_s, or cut it"
            if self.is_too_long
            else "",
        )
        yield SoundPiece(self.index, self.rate_hz, np.zeros(0, np.float32), end)


def _place(spans: Sequence[Span], rate_hz: int, said_s: float | None) -> list[_Cut]:
    """Cuts without samples yet, the first one last."""
    cuts = [
        _Cut(
            index=index,
            first=round(start_s * rate_hz),
            end=end_s if math.isinf(end_s) else round(end_s * rate_hz),
            rate_hz=rate_hz,
            said_s=said_s,
            is_said_too_long=longest_s((start_s, end_s), said_s, 0.0) > MAX_SPAN_S,
        )
        for index, (start_s, end_s) in enumerate(spans)
    ]
    return sorted(cuts, key=lambda cut: cut.first, reverse=True)
