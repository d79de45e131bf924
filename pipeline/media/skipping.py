"""Long ways through a video that nobody looks at are jumped over, where that changes no picture."""

from fractions import Fraction

from av.container import InputContainer
from av.video.stream import VideoStream

from pipeline.media.container import start_of
from pipeline.media.grid import SECOND

SEEK_AHEAD = 10 * SECOND  # a shorter way is decoded: about what a seek costs
SEEK_MARGIN = 1 * SECOND  # key frames are indexed by decoding time, which runs ahead


class Skip:
    """Jumps to the last key frame before the time that is looked at next.

    Only in mov and mp4: the key frames that these list decode without what came before, so that
    pictures stay the same; other containers promise less.
    """

    def __init__(self, container: InputContainer, stream: VideoStream) -> None:
        self._container, self._stream = container, stream
        self.is_possible = container.format.name.startswith("mov")
        self._goal_us = -1  # of the last jump
        self._has_landed = True

    def go(self, now_us: int, goal_us: int) -> None:
        """Jump if the way is long and a key frame lies on it."""
        base = self._stream.time_base
        is_far = goal_us - now_us > SEEK_AHEAD and goal_us != self._goal_us
        if not self.is_possible or not is_far or base is None:
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
        self.is_possible = False
        self._container.seek(0, stream=self._stream)
