"""Frames of a video at the times asked for: RGB, as players show them, by presentation time.

One decode pass per file serves all its spans (pipeline.media.grid says which times they look at).
What is seen at a time is the last frame presented at or before it, for as long as it lasts. A frame
that several times of a span fall on counts once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from pipeline.media.container import Damage, best_stream, decode, open_media, stamp_of, start_of
from pipeline.media.errors import UnreadableError
from pipeline.media.grid import SECOND, Grid, Span
from pipeline.media.shown import Picture, orientation_of, pixel_aspect, square_size

MAX_PICTURE_PX = 8192 * 8192  # 200 MB as RGB
SEEK_AHEAD = 10 * SECOND  # a shorter way is decoded: about what a seek costs
SEEK_MARGIN = 1 * SECOND  # key frames are indexed by decoding time, which runs ahead


@dataclass(frozen=True)
class Frame:
    """One picture, and the spans (by index) that look at it."""

    spans: tuple[int, ...]
    time_s: float
    image: Picture


def sample_frames(
    path: Path, spans: Sequence[Span], fps: float, damage: Damage | None = None
) -> Iterator[Frame]:
    """Yield the frames that `spans` look at, in order of time; a span may get none.

    Raises NoMediaError, UnreadableError (no frame decodes) or NoStreamError. Damaged frames are
    skipped and counted in `damage`.
    """
    if not spans:
        return
    damage = Damage() if damage is None else damage
    grid = Grid(spans, fps)
    converter = VideoReformatter()  # one for all frames: it is costly to set up
    n_shown = n_lost = 0
    with open_media(path) as container:
        stream = best_stream(container, "video")
        for time_us, frame, due in _due_frames(container, stream, grid, damage):
            try:
                picture = _shown(frame, stream, converter)
            except av.error.FFmpegError as error:
                n_lost += 1
                damage.add(f"a picture cannot be converted: {error.strerror}")
                continue
            n_shown += 1
            yield Frame(due, time_us / SECOND, picture)
    if n_lost and not n_shown:
        raise UnreadableError(f"no picture can be shown: {damage.first}")


def _due_frames(
    container: InputContainer, stream: VideoStream, grid: Grid, damage: Damage
) -> Iterator[tuple[int, VideoFrame, tuple[int, ...]]]:
    """Frames that somebody looks at: when each is presented, and who (spans by index)."""
    shown: tuple[int, VideoFrame] | None = None
    for time_us, frame in _timed(container, stream, grid, damage):
        due = grid.take(time_us) if shown else grid.begin(time_us)
        if shown and due:
            yield *shown, due
        shown = (time_us, frame)
        if grid.next_us is None:
            return
    if shown is None:
        raise UnreadableError(f"no picture decodes: {damage.first or 'the stream is empty'}")
    if due := grid.take(shown[0] + _duration_us(shown[1], stream)):
        yield *shown, due


def _timed(
    container: InputContainer, stream: VideoStream, grid: Grid, damage: Damage
) -> Iterator[tuple[int, VideoFrame]]:
    """Frames with their times, which never go back; long ways to the next open time are skipped."""
    start_s = start_of(container)
    skip = _Skip(container, stream)
    time_us = -_period_us(stream)
    for frame in decode(container, stream, damage):
        stamp_s = stamp_of(frame)
        following_us = time_us + _period_us(stream)
        stamped_us = following_us if stamp_s is None else round((stamp_s - start_s) * SECOND)
        if skip.has_missed(stamped_us):
            skip.give_up()
            time_us = -_period_us(stream)
            continue
        time_us = max(time_us, stamped_us)
        yield time_us, frame
        if grid.next_us is not None:
            skip.go(time_us, grid.next_us)


class _Skip:
    """Jumps to the last key frame before the time that is looked at next.

    Only in mov and mp4: the key frames that these list decode without what came before, so that
    pictures stay the same; other containers promise less.
    """

    def __init__(self, container: InputContainer, stream: VideoStream) -> None:
        self._container, self._stream = container, stream
        self._is_possible = container.format.name.startswith("mov")
        self._goal_us = -1  # of the last jump
        self._has_landed = True

    def go(self, now_us: int, goal_us: int) -> None:
        """Jump if the way is long and a key frame lies on it."""
        base = self._stream.time_base
        is_far = goal_us - now_us > SEEK_AHEAD and goal_us != self._goal_us
        if not self._is_possible or not is_far or base is None:
            return
        start_s = start_of(self._container)
        stamp = round((Fraction(goal_us - SEEK_MARGIN, SECOND) + start_s) / base)
        found = self._stream.index_entries.search_timestamp(stamp)
        if found < 0:
            return
        ahead_s = self._stream.index_entries[found].timestamp * base - start_s
        if ahead_s * SECOND > now_us:
            self._container.seek(stamp, stream=self._stream)
            self._goal_us, self._has_landed = goal_us, False

    def has_missed(self, time_us: int) -> bool:
        """True if the first frame after a jump lies behind the time that it was for."""
        is_missed = not self._has_landed and time_us > self._goal_us
        self._has_landed = True
        return is_missed

    def give_up(self) -> None:
        """The list of key frames is wrong: read the whole file from the beginning."""
        self._is_possible = False
        self._container.seek(0, stream=self._stream)


def _period_us(stream: VideoStream) -> int:
    return round(SECOND / stream.average_rate) if stream.average_rate else 1


def _duration_us(frame: VideoFrame, stream: VideoStream) -> int:
    """How long the last frame is shown: as the file says, else one average frame."""
    if frame.duration and frame.time_base:
        return round(frame.duration * frame.time_base * SECOND)
    return _period_us(stream)


def _shown(frame: VideoFrame, stream: VideoStream, converter: VideoReformatter) -> Picture:
    width, height = square_size(frame, pixel_aspect(stream))
    if max(width, frame.width) * height > MAX_PICTURE_PX:
        raise UnreadableError(f"pictures of {width} x {height} px; {MAX_PICTURE_PX} px can be read")
    square = converter.reformat(frame, width=width, height=height, format="rgb24", threads=1)
    stored: Picture = square.to_ndarray()  # type: ignore[assignment]  # rgb24 is uint8
    return orientation_of(frame).apply(stored)
