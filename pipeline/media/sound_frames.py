"""Frames of sound and the samples of the presentation at which they begin."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

from av.audio.frame import AudioFrame

from pipeline.media.container import best_stream, duration_said, open_media, start_of
from pipeline.media.damage import Damage
from pipeline.media.errors import UnreadableError
from pipeline.media.packets import decode
from pipeline.media.timeline import Timeline, with_next

RATES_HZ = (1000, 768_000)
# Containers round time stamps to as much as 1 ms; a lost packet is 20 ms or more.
MAX_JITTER_S = Fraction(15, 1000)
MAX_OVERLAP_S = Fraction(1, 2)  # what overlaps by less is left out


def placed_frames(
    path: Path, damage: Damage
) -> Iterator[tuple[AudioFrame, int, int, float | None]]:
    """Yield (frame, position, n, length): from its sample n on, a frame begins at `position`.

    Frames follow each other without a seam unless the time stamps say otherwise by more than
    their rounding; where frames overlap, the earlier one stays. The length is that of the stream
    in seconds, as its header says it.
    """
    with open_media(path) as container:
        stream = best_stream(container, "audio")
        said_s = duration_said(container, stream)
        rate_hz = 0
        for frame, following in with_next(decode(container, stream, damage)):
            if not rate_hz:
                rate_hz = _plausible(frame.sample_rate)
                sample_at = _clock(frame, start_of(container))
                line = Timeline(int(MAX_JITTER_S * rate_hz), int(MAX_OVERLAP_S * rate_hz))

            if rate_hz != frame.sample_rate:
                raise UnreadableError(
                    f"the sample rate changes from {rate_hz} to {frame.sample_rate} Hz"
                )

            reached = line.reached
            next_at = None if following is None else sample_at(following.pts)
            position = line.place(sample_at(frame.pts), frame.samples, next_at, damage)
            skipped = 0 if reached is None else min(max(reached - position, 0), frame.samples)
            yield frame, position + skipped, skipped, said_s


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
