"""Frames of pictures and when each is presented, in microseconds of the presentation."""

from collections.abc import Iterator
from fractions import Fraction

from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from pipeline.media.container import start_of
from pipeline.media.damage import Damage
from pipeline.media.grid import SECOND, Grid
from pipeline.media.packets import decode, stamp_of
from pipeline.media.skipping import Skip
from pipeline.media.timeline import Timeline, with_next

MAX_OVERLAP = SECOND // 2  # time that goes back by more begins anew


def timed_frames(
    container: InputContainer, stream: VideoStream, grid: Grid, damage: Damage
) -> Iterator[tuple[int, VideoFrame]]:
    """Frames with their times, which never go back; long ways to the next open time are skipped."""
    frames = decode(container, stream, damage)
    skip = Skip(container, stream)
    if not skip.is_possible:
        yield from _carried_over(container, stream, frames, damage)
        return

    start_s = start_of(container)
    time_us = -period_us(stream)
    for frame in frames:
        stamped_us = _stamp_us(frame, start_s)
        if stamped_us is None:
            stamped_us = time_us + period_us(stream)
        if skip.has_missed(stamped_us):
            skip.give_up()
            time_us = -period_us(stream)
            continue

        time_us = max(time_us, stamped_us)
        yield time_us, frame
        if grid.next_us is not None:
            skip.go(time_us, grid.next_us)


def _carried_over(
    container: InputContainer, stream: VideoStream, frames: Iterator[VideoFrame], damage: Damage
) -> Iterator[tuple[int, VideoFrame]]:
    """Frames with their times, where time stamps may begin anew in the middle."""
    start_s, length_us = start_of(container), period_us(stream)
    line, time_us = Timeline(jitter=0, overlap=MAX_OVERLAP), 0
    for frame, following in with_next(frames):
        next_us = None if following is None else _stamp_us(following, start_s)
        placed_us = line.place(_stamp_us(frame, start_s), length_us, next_us, damage)
        time_us = max(time_us, placed_us)
        yield time_us, frame


def _stamp_us(frame: VideoFrame, start_s: Fraction) -> int | None:
    stamp_s = stamp_of(frame)
    return None if stamp_s is None else round((stamp_s - start_s) * SECOND)


def period_us(stream: VideoStream) -> int:
    """How long a frame is shown on average; 1 where nobody says."""
    return round(SECOND / stream.average_rate) if stream.average_rate else 1
