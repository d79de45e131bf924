"""Spans of sound: mono float32 in [-1, 1] at one sample rate (pipeline.media.cutting cuts them).

Each is resampled alone, so its samples depend on no other span. Mono is the mean of the channels,
unless they cancel: of a recording with an inverted channel, the loudest one is taken.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from pipeline.media.arrays import Waveform
from pipeline.media.cutting import SoundEnd, SoundPiece
from pipeline.media.errors import EmptySpanError, MediaError, SilentError, UnreadableError
from pipeline.media.grid import Span
from pipeline.media.resampling import Resampling

# The mean of n channels that know nothing of each other has 1 / n of their mean power, and so has
# that of one voice and n - 1 silent channels. A fiftieth of this is 20 dB down in stereo.
CANCELLED = 1 / 50

Cutter = Callable[[Sequence[Span], int | None], Iterator[SoundPiece]]


@dataclass(frozen=True)
class Sound:
    """The samples of a span. Seconds asked for (None: nobody knows) and found, and a remark."""

    waveform: Waveform
    asked_s: float | None
    found_s: float
    remark: str = ""


def read_sounds(
    cut: Cutter, spans: Sequence[Span], sample_rate_hz: int = 16000
) -> Iterator[tuple[int, Sound | MediaError]]:
    """Yield (index, sound) for every span once, as soon as it is complete.

    `cut(spans, channel)` is `cut_sound` of a file. Where there is no sound, a MediaError stands
    instead: no_media, unreadable, no_stream, empty_span, read_error, or silent where all samples
    are zero. Spans may overlap, be unordered, and end at infinity.
    """
    cancelled: dict[int, list[int]] = {}
    for index, found in _read(cut, spans, None, sample_rate_hz):
        if isinstance(found, int):
            cancelled.setdefault(found, []).append(index)
        else:
            yield index, found

    # Of an inverted channel the mean tells nothing: such spans are read once more, one channel.
    for channel, indices in cancelled.items():
        again = [spans[index] for index in indices]
        for place, found in _read(cut, again, channel, sample_rate_hz):
            assert not isinstance(found, int)
            yield indices[place], found


def _read(
    cut: Cutter, spans: Sequence[Span], channel: int | None, sample_rate_hz: int
) -> Iterator[tuple[int, Sound | MediaError | int]]:
    """As `read_sounds`, in one pass; the number of a channel where the mean of all cancels."""
    missing = dict.fromkeys(range(len(spans)))
    growing: dict[int, Resampling] = {}
    try:
        for piece in cut(spans, channel):
            if piece.index not in growing:
                growing[piece.index] = Resampling(piece.rate_hz, sample_rate_hz)
            if len(piece.samples):
                growing[piece.index].add(piece.samples)

            if piece.end is not None:
                resampling = growing.pop(piece.index)
                del missing[piece.index]
                yield piece.index, _finish(resampling, piece.end, spans[piece.index], channel)
    except MediaError as error:
        yield from ((index, error) for index in missing)


def _finish(
    resampling: Resampling, end: SoundEnd, span: Span, channel: int | None
) -> Sound | MediaError | int:
    where = f"between {span[0]:g} and {span[1]:g} s"
    if end.refusal:
        return UnreadableError(end.refusal)
    if not end.found_s:
        return EmptySpanError(f"the file has no sound {where}")
    if channel is None and (loudest := uncancelled_channel(end)) is not None:
        return loudest
    if resampling.is_zero:
        return SilentError(f"all samples {where} are zero")
    remark = "" if channel is None else f"channels cancel each other; channel {channel + 1} is read"
    remarks = [remark, end.damage and f"the file is damaged: {end.damage}"]
    return Sound(resampling.finish(), end.asked_s, end.found_s, "; ".join(filter(None, remarks)))


def uncancelled_channel(end: SoundEnd) -> int | None:
    """The loudest channel where all of them, one inverted, leave nothing of each other."""
    n = len(end.channel_powers)
    if n < 2 or end.mean_power >= CANCELLED / n * sum(end.channel_powers) / n:
        return None
    return max(range(n), key=lambda number: end.channel_powers[number])
