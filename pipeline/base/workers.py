"""Reading overlaps working, in a bounded queue: memory does not grow with the length of a video.

`n_workers` threads work on one input each (the libraries release the interpreter's lock), while the
caller's thread reads the next inputs.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

AHEAD = 2  # inputs that wait or are worked on, per worker

Given = TypeVar("Given")
Result = TypeVar("Result")


def side_by_side(
    work: Callable[[Given], Result], inputs: Iterable[Given], n_workers: int
) -> Iterator[Result]:
    """Yield `work(given)` for each of `inputs`, in order; at most `AHEAD` x `n_workers` wait."""
    waiting: deque[Future[Result]] = deque()
    executor = ThreadPoolExecutor(n_workers, thread_name_prefix="worker")
    try:
        for given in inputs:
            waiting.append(executor.submit(work, given))
            if len(waiting) >= AHEAD * n_workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        executor.shutdown(wait=True, cancel_futures=True)
