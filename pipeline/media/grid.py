"""The times that spans look at: start_s, start_s + 1 / fps and so on, before end_s.

Times are whole microseconds, so that 0.3 s and frame 9 of 30 per second are the same instant.
"""

import heapq
import math
from collections.abc import Sequence
from fractions import Fraction

Span = tuple[float, float]  # start and end in seconds; the end may be infinite

SECOND = 1_000_000  # microseconds


class Grid:
    """The times that spans have still to look at, in microseconds."""

    def __init__(self, spans: Sequence[Span], fps: float) -> None:
        self._period = SECOND / Fraction(fps)
        self._starts = [round(start_s * SECOND) for start_s, _ in spans]
        self._ends = [end_s if math.isinf(end_s) else round(end_s * SECOND) for _, end_s in spans]
        self._next = [
            (start, index)
            for index, (start, end) in enumerate(zip(self._starts, self._ends, strict=True))
            if start < end
        ]
        heapq.heapify(self._next)

    @property
    def next_us(self) -> int | None:
        """The first time that is still open."""
        return self._next[0][0] if self._next else None

    def take(self, until_us: int) -> tuple[int, ...]:
        """Close all times before `until_us`; return the spans that had one."""
        due = []
        while self._next and self._next[0][0] < until_us:
            _, index = heapq.heappop(self._next)
            due.append(index)
            start = self._starts[index]
            k = math.ceil((until_us - start) / self._period)
            following = start + round(k * self._period)
            if following < until_us:  # by rounding
                following = start + round((k + 1) * self._period)
            if following < self._ends[index]:
                heapq.heappush(self._next, (following, index))
        return tuple(sorted(due))

    def begin(self, first_us: int) -> tuple[int, ...]:
        """Close the times before the first frame, which nobody sees; no span may end by that."""
        early = self.take(first_us)
        still_open = {index for _, index in self._next}
        for index in early:
            if index not in still_open and first_us < self._ends[index]:
                heapq.heappush(self._next, (first_us, index))
        return early
