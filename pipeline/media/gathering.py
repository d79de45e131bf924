"""Pictures that many threads ask about, gathered into batches for a device.

One thread works on the device. While it is busy the next batch fills; it takes what is there when
a batch is full, or when nothing more came in time. Pictures of several sizes wait beside each
other, and each batch takes one size.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

from pipeline.media.arrays import Picture

PATIENCE_S = 0.02  # that a batch waits to be filled: about what the device needs for it

Result = TypeVar("Result")


@dataclass
class _Asked(Generic[Result]):
    """What one thread waits for."""

    results: dict[int, Result]  # by number of the picture
    n_pictures: int
    done: "Future[None]"


@dataclass(frozen=True)
class _Waiting(Generic[Result]):
    picture: Picture
    number: int
    asked: _Asked[Result]


class Gathering(Generic[Result]):
    """Callable from any thread: pictures -> what `work` makes of each."""

    def __init__(
        self,
        work: Callable[[list[Picture]], Sequence[Result]],
        rows_of: Callable[[int, int], int],
        patience_s: float = PATIENCE_S,
    ) -> None:
        """`work` takes pictures of one size, at most `rows_of(height, width)` of them."""
        self._work = work
        self._rows_of = rows_of
        self._patience_s = patience_s
        self._waiting: deque[_Waiting[Result]] = deque()
        self._came = threading.Condition()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="device")

    def __call__(self, pictures: Sequence[Picture]) -> list[Result]:
        """Raises whatever `work` raises for a batch that one of the pictures is in."""
        if not pictures:
            return []
        asked: _Asked[Result] = _Asked({}, len(pictures), Future())
        with self._came:
            self._waiting.extend(_Waiting(picture, k, asked) for k, picture in enumerate(pictures))
            self._came.notify()
        self._thread.submit(self._turn)
        asked.done.result()
        return [asked.results[number] for number in range(len(pictures))]

    def _turn(self) -> None:
        """One batch; whatever waits then has a turn of its own."""
        batch = self._take()
        if not batch:
            return

        try:
            results = self._work([waiting.picture for waiting in batch])
        except BaseException as error:
            for waiting in batch:
                if not waiting.asked.done.done():
                    waiting.asked.done.set_exception(error)
        else:
            for waiting, result in zip(batch, results, strict=True):
                waiting.asked.results[waiting.number] = result
                if len(waiting.asked.results) == waiting.asked.n_pictures:
                    waiting.asked.done.set_result(None)

        self._thread.submit(self._turn)

    def _take(self) -> list[_Waiting[Result]]:
        """The next pictures of the size of the first that waits."""
        with self._came:
            if not self._waiting:
                return []
            shape = self._waiting[0].picture.shape
            n_rows = self._rows_of(shape[0], shape[1])
            self._came.wait_for(lambda: len(self._waiting) >= n_rows, self._patience_s)
            batch: list[_Waiting[Result]] = []
            others: deque[_Waiting[Result]] = deque()
            for waiting in self._waiting:
                fits = waiting.picture.shape == shape and len(batch) < n_rows
                (batch if fits else others).append(waiting)
            self._waiting = others
            return batch
