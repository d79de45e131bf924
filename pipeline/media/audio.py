"""Spans of sound: mono float32 in [-1, 1] at one sample rate, cut by presentation time.

One decode pass per file serves all its spans. A span is cut at the file's own rate, by its own
borders, and resampled alone, so its samples depend on no other span. Decoding always starts at the
beginning: after a seek, codecs with a memory (Opus, HE-AAC, MP3) give other samples.

Sample i is heard at i / rate seconds; the span [start_s, end_s) holds round(start_s * rate) up to,
not including, round(end_s * rate). What lies before the first or behind the last sound of the file
is left out; a gap inside is zeros. A sample that is not finite in some channel counts as zero.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from av.audio.frame import AudioFrame
from torchaudio.transforms import Resample

from pipeline.media.container import Damage, best_stream, decode, open_media, start_of
from pipeline.media.errors import EmptySpanError, MediaError, SilentError, UnreadableError
from pipeline.media.grid import Span
from pipeline.media.mono import Waveform, mono

RATES_HZ = (1000, 768_000)
# Containers round time stamps to as much as 1 ms; a lost packet is 20 ms or more.
MAX_JITTER_S = Fraction(15, 1000)
# Gaps of a span are filled up to so much in all: broken time stamps must not fill the memory.
MAX_GAPS_S = 60
# The resampling kernel of a rate prime to 16000 would fill the memory. The rates in use are exact
# in such small terms; others are off by less than a sample in ten seconds.
MAX_RATIO_TERM = 1000


def read_waveforms(
    path: Path, spans: Sequence[Span], sample_rate_hz: int = 16000
) -> Iterator[tuple[int, Waveform | MediaError]]:
    """Yield (index, waveform) for every span of `path` once, as soon as it is complete.

    Where there is none, a MediaError stands instead: no_media, unreadable, no_stream, empty_span,
    or silent where all samples are zero. Spans may overlap, be unordered, and end at infinity.
    """
    missing = dict.fromkeys(range(len(spans)))
    try:
        for cut in _cut_spans(path, spans):
            del missing[cut.index]
            yield cut.index, _finish(cut, sample_rate_hz)
    except MediaError as error:
        yield from ((index, error) for index in missing)


@dataclass
class _Cut:
    """A span while its samples arrive; positions are samples of the file."""

    index: int
    first: int
    end: float  # infinite where the span is open
    rate_hz: int
    pieces: list[Waveform] = field(default_factory=list)
    reached: int = 0  # where the last piece ends
    n_filled: int = 0  # zeros for what is missing inside

    def take(self, chunk: Waveform, position: int) -> None:
        """Keep what of `chunk`, which begins at sample `position`, lies in the span."""
        begin = max(self.first - position, 0)
        end = int(min(self.end - position, len(chunk)))
        if begin >= end:
            return
        gap = min(position + begin - self.reached, MAX_GAPS_S * self.rate_hz - self.n_filled)
        if self.pieces and gap > 0:
            self.pieces.append(np.zeros(gap, dtype=np.float32))
            self.n_filled += gap
        self.pieces.append(chunk[begin:end].copy())
        self.reached = position + end


def _cut_spans(path: Path, spans: Sequence[Span]) -> Iterator[_Cut]:
    """Decode `path` once and yield each span when it is over."""
    waiting: list[_Cut] | None = None
    active: list[_Cut] = []
    damage = Damage()
    for frame, position, skipped in _placed_frames(path, damage):
        if waiting is None:
            waiting = _place(spans, frame.sample_rate)
        reached = position + frame.samples - skipped
        while waiting and waiting[-1].first < reached:
            active.append(waiting.pop())
        if active:
            chunk = mono(frame)[skipped:]
            for cut in active:
                cut.take(chunk, position)
        over = [cut for cut in active if cut.end <= reached]
        active = [cut for cut in active if cut.end > reached]
        while over:
            yield over.pop()  # nothing here keeps a finished span
        if not waiting and not active:
            return
    if waiting is None:
        raise UnreadableError(f"no sound decodes: {damage.first or 'the stream is empty'}")
    yield from [*active, *reversed(waiting)]


def _placed_frames(path: Path, damage: Damage) -> Iterator[tuple[AudioFrame, int, int]]:
    """Yield (frame, position, n): from its sample n on, the frame begins at sample `position`.

    Frames follow each other without a seam unless the time stamps say otherwise by more than
    their rounding; where frames overlap, the earlier one stays.
    """
    with open_media(path) as container:
        stream = best_stream(container, "audio")
        rate_hz, reached = 0, None
        for frame in decode(container, stream, damage):
            if not rate_hz:
                rate_hz = _plausible(frame.sample_rate)
                sample_at = _clock(frame, start_of(container))
            if rate_hz != frame.sample_rate:
                raise UnreadableError(
                    f"the sample rate changes from {rate_hz} to {frame.sample_rate} Hz"
                )
            position = sample_at(frame.pts)
            if reached is not None and (
                position is None or abs(position - reached) <= MAX_JITTER_S * rate_hz
            ):
                position = reached
            position = position or 0
            skipped = 0 if reached is None else min(max(reached - position, 0), frame.samples)
            yield frame, position + skipped, skipped
            reached = max(position + frame.samples, reached or 0)


def _plausible(rate_hz: int) -> int:
    """Refuse a rate of a damaged header, at which a second would be nothing or fill the memory."""
    lowest, highest = RATES_HZ
    if not lowest <= rate_hz <= highest:
        raise UnreadableError(f"{rate_hz} samples per second; {lowest} to {highest} can be read")
    return rate_hz


def _clock(frame: AudioFrame, start_s: Fraction) -> Callable[[int | None], int | None]:
    """From the time stamp of a frame to the sample at which it begins, in whole numbers."""
    step = (frame.time_base or Fraction(1, frame.sample_rate)) * frame.sample_rate
    start = start_s * frame.sample_rate
    scale, offset = step.numerator * start.denominator, start.numerator * step.denominator
    unit = step.denominator * start.denominator

    def sample_at(stamp: int | None) -> int | None:
        return None if stamp is None else (2 * (stamp * scale - offset) + unit) // (2 * unit)

    return sample_at


def _place(spans: Sequence[Span], rate_hz: int) -> list[_Cut]:
    """Cuts without samples yet, the first one last."""
    cuts = [
        _Cut(
            index=index,
            first=round(start_s * rate_hz),
            end=end_s if math.isinf(end_s) else round(end_s * rate_hz),
            rate_hz=rate_hz,
        )
        for index, (start_s, end_s) in enumerate(spans)
    ]
    return sorted(cuts, key=lambda cut: cut.first, reverse=True)


def _finish(cut: _Cut, sample_rate_hz: int) -> Waveform | MediaError:
    where = f"between {cut.first / cut.rate_hz:g} and {cut.end / cut.rate_hz:g} s"
    if not cut.pieces:
        return EmptySpanError(f"the file has no sound {where}")
    waveform = np.concatenate(cut.pieces)
    if not np.isfinite(waveform).all():
        np.nan_to_num(waveform, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
    if not waveform.any():
        return SilentError(f"all samples {where} are zero")
    ratio = Fraction(sample_rate_hz, cut.rate_hz).limit_denominator(MAX_RATIO_TERM)
    with torch.inference_mode():
        resampled = _resampler(ratio)(torch.from_numpy(waveform))
    result: Waveform = resampled.numpy()
    return result


@lru_cache(maxsize=8)
def _resampler(ratio: Fraction) -> Resample:
    """Hann-windowed sinc interpolation; only the ratio of the rates counts."""
    return Resample(orig_freq=ratio.denominator, new_freq=ratio.numerator)
