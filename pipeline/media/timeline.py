"""Where frames stand in the time of a presentation, given time stamps that may lie.

Stamps that begin anew (pieces of a camcorder joined with `cat`) are carried over: what follows
comes after what was there, as players have it. One stamp that fits neither what came before nor
what follows counts for nothing.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from pipeline.media.damage import Damage

Given = TypeVar("Given")


@dataclass
class Timeline:
    """Times in one whole unit (samples, microseconds)."""

    jitter: int  # by how much stamps that mean the same may differ
    overlap: int  # time that goes back by more begins anew
    reached: int | None = None  # where the last frame ends
    offset: int = 0  # of the stamps, since they began anew

    def place(self, stamp: int | None, length: int, following: int | None, damage: Damage) -> int:
        """Where a frame of that length begins; `following` is the stamp of the next one."""
        position = self._place(stamp, length, following, damage)
        self.reached = max(position + length, position if self.reached is None else self.reached)
        return position

    def _place(self, stamp: int | None, length: int, following: int | None, damage: Damage) -> int:
        if self.reached is None:
            return stamp or 0
        if stamp is None or self._is_alone(stamp, length, following):
            return self.reached
        position = stamp + self.offset
        if abs(position - self.reached) <= self.jitter:
            return self.reached
        if position < self.reached - self.overlap:
            self.offset = self.reached - stamp
            damage.add("time stamps begin anew; what follows comes after what was there")
            return self.reached
        return position

    def _is_alone(self, stamp: int, length: int, following: int | None) -> bool:
        """Whether a stamp jumps while the next one goes on as if it did not."""
        assert self.reached is not None
        if following is None or abs(stamp + self.offset - self.reached) <= self.overlap:
            return False
        return abs(following + self.offset - self.reached - length) <= max(self.jitter, length)


def with_next(given: Iterable[Given]) -> Iterator[tuple[Given, Given | None]]:
    """Each with the one that follows it, which is None for the last."""
    waiting = iter(given)
    current = next(waiting, None)
    while current is not None:
        following = next(waiting, None)
        yield current, following
        current = following
