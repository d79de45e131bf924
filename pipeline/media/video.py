"""Frames of a video at the times asked for: RGB, as players show them, by presentation time.

One decode pass per file serves all its spans (pipeline.media.grid says which times they look at).
What is seen at a time is the last frame presented at or before it, for as long as it lasts. A frame
that several times of a span fall on counts once.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from pipeline.media.arrays import Picture
from pipeline.media.container import best_stream, duration_said, open_media
from pipeline.media.damage import Damage
from pipeline.media.errors import ReadError, UnreadableError
from pipeline.media.grid import SECOND, Grid, Span
from pipeline.media.shown import orientation_of, pixel_aspect, square_size
from pipeline.media.source import is_out_of_memory
from pipeline.media.timed_frames import period_us, timed_frames

MAX_PICTURE_PX = 8192 * 8192  # 200 MB as RGB
TINY = 1e-3  # of a step: less than the microsecond in which times are counted


@dataclass(frozen=True)
class Frame:
    """One picture, and the spans (by index) that look at it."""

    spans: tuple[int, ...]
    time_s: float
    image: Picture
    lost: tuple[int, str] = (0, "")  # packets and frames of the file up to here; why the last one


@dataclass
class Extent:
    """From when to when there are pictures, as far as was read. Seconds."""

    first_s: float = 0.0
    end_s: float | None = None  # None: not read to the end, nobody looks at what follows
    said_s: float | None = None  # where the end is by the header

    def seconds(self, span: Span, fps: float) -> tuple[float | None, float]:
        """Seconds that a span asks for (None: to an end that nobody knows), and that are there.

        Found is what the times show that are looked at, a step of 1 / fps each.
        """
        start_s, end_s = span
        asked_to = self.said_s if math.isinf(end_s) else end_s
        asked_s = None if asked_to is None else max(asked_to - start_s, 0.0)
        found_to = end_s if self.end_s is None else min(end_s, self.end_s)
        if math.isinf(found_to):
            return asked_s, 0.0  # no picture at all
        n_early = max(0, math.ceil((self.first_s - start_s) * fps - TINY))
        n_times = max(0, math.ceil((found_to - start_s) * fps - TINY) - n_early)
        longest_s = found_to if math.isinf(end_s) else end_s
        return asked_s, min(n_times / fps, max(longest_s - start_s, 0.0))


def sample_frames(
    path: Path,
    spans: Sequence[Span],
    fps: float,
    damage: Damage | None = None,
    extent: Extent | None = None,
) -> Iterator[Frame]:
    """Yield the frames that `spans` look at, in order of time; a span may get none.

    Raises NoMediaError, UnreadableError (no frame decodes), NoStreamError or ReadError. Damaged
    frames are skipped and counted in `damage`; `extent` is filled in on the way.
    """
    if not spans:
        return
    damage = Damage() if damage is None else damage
    extent = Extent() if extent is None else extent
    grid = Grid(spans, fps)
    converter = VideoReformatter()  # one for all frames: it is costly to set up
    n_shown = n_lost = 0
    with open_media(path) as container:
        stream = best_stream(container, "video")
        extent.said_s = duration_said(container, stream)
        for time_us, frame, due in _due_frames(container, stream, grid, damage, extent):
            try:
                picture = _shown(frame, stream, converter)
            except (av.error.FFmpegError, MemoryError) as error:
                if is_out_of_memory(error):
                    raise ReadError("out of memory for a picture") from error
                n_lost += 1
                damage.add(f"a picture cannot be converted: {error}")
                continue

            n_shown += 1
            yield Frame(due, time_us / SECOND, picture, damage.state)
    if n_lost and not n_shown:
        raise UnreadableError(f"no picture can be shown: {damage.first}")


def _due_frames(
    container: InputContainer, stream: VideoStream, grid: Grid, damage: Damage, extent: Extent
) -> Iterator[tuple[int, VideoFrame, tuple[int, ...]]]:
    """Frames that somebody looks at: when each is presented, and who (spans by index)."""
    shown: tuple[int, VideoFrame] | None = None
    for time_us, frame in timed_frames(container, stream, grid, damage):
        if shown is None:
            extent.first_s = time_us / SECOND
        due = grid.take(time_us) if shown else grid.begin(time_us)
        if shown and due:
            yield *shown, due
        shown = (time_us, frame)
        if grid.next_us is None:
            return
    if shown is None:
        raise UnreadableError(f"no picture decodes: {damage.first or 'the stream is empty'}")

    # The last frame is seen for as long as it lasts.
    end_us = shown[0] + _duration_us(shown[1], stream)
    extent.end_s = end_us / SECOND
    if due := grid.take(end_us):
        yield *shown, due


def _duration_us(frame: VideoFrame, stream: VideoStream) -> int:
    """How long the last frame is shown: as the file says, else one average frame."""
    if frame.duration and frame.time_base:
        return round(frame.duration * frame.time_base * SECOND)
    return period_us(stream)


def _shown(frame: VideoFrame, stream: VideoStream, converter: VideoReformatter) -> Picture:
    width, height = square_size(frame, pixel_aspect(stream))
    if max(width, frame.width) * height > MAX_PICTURE_PX:
        raise UnreadableError(f"pictures of {width} x {height} px; {MAX_PICTURE_PX} px can be read")
    square = converter.reformat(frame, width=width, height=height, format="rgb24", threads=1)
    stored: Picture = square.to_ndarray()  # type: ignore[assignment]  # rgb24 is uint8
    return orientation_of(frame).apply(stored)
