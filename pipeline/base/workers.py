"""Reading overlaps working, in a bounded queue: memory does not grow with the length of a video.

`n_workers` threads work on one input each (the libraries release the interpreter's lock), while the
caller's thread reads the next inputs; or threads of their own read ahead of it.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from queue import Full, Queue
from typing import TypeVar

AHEAD = 2  # inputs that wait or are worked on, per worker
LOOK_S = 0.1  # how often a thread that waits for room looks whether it is still wanted

Given = TypeVar("Given")
Result = TypeVar("Result")


def side_by_side(
    work: Callable[[Given], Result],
    inputs: Iterable[Given],
    n_workers: int,
    size_of: Callable[[Given], int] = lambda given: 0,
    most: int = 0,
) -> Iterator[Result]:
    """Yield `work(given)` for each of `inputs`, in order; at most `AHEAD` x `n_workers` wait.

    Nor do more wait than come to a size of `most`, but for one. Where the inputs end in an error,
    it comes after the results of those before it, however many workers there are.
    """
    waiting: deque[tuple[Future[Result], int]] = deque()
    held = 0
    failure: Exception | None = None
    executor = ThreadPoolExecutor(n_workers, thread_name_prefix="worker")

    try:
        for given in _error_last(inputs):
            if isinstance(given, _Failed):
                failure = given.error
                break
            waiting.append((executor.submit(work, given), size_of(given)))
            held += waiting[-1][1]
            while len(waiting) >= AHEAD * n_workers or (held > most and len(waiting) > 1):
                future, size = waiting.popleft()
                held -= size
                yield future.result()
        while waiting:
            yield waiting.popleft()[0].result()
        if failure is not None:
            raise failure
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


@contextmanager
def read_ahead(sources: Sequence[Iterator[Given]], most: int) -> Iterator[Iterator[Given]]:
    """What iterators give, each read by a thread of its own; at most `most` wait.

    In the order of a single source, of several as they come. Raises what a source raises. At the
    end of the block no more is read, and sources that can be closed are closed by their threads.
    """
    waiting: Queue[tuple[Given] | BaseException | None] = Queue(most)
    is_over = threading.Event()

    def offer(given: tuple[Given] | BaseException | None) -> bool:
        while not is_over.is_set():
            try:
                waiting.put(given, timeout=LOOK_S)
                return True
            except Full:
                continue
        return False

    def read(source: Iterator[Given]) -> None:
        try:
            for given in source:
                if not offer((given,)):
                    break
            offer(None)
        except BaseException as error:  # the caller raises it
            offer(error)
        finally:
            getattr(source, "close", lambda: None)()

    threads = [threading.Thread(target=read, args=[source], daemon=True) for source in sources]
    for thread in threads:
        thread.start()
    try:
        yield _taken(waiting, len(threads))
    finally:
        is_over.set()
        for thread in threads:
            thread.join()


def _taken(waiting: "Queue[tuple[Given] | BaseException | None]", n: int) -> Iterator[Given]:
    """What is in a queue until `n` threads have said that they are done."""
    while n:
        given = waiting.get()
        if given is None:
            n -= 1
        elif isinstance(given, BaseException):
            raise given
        else:
            yield given[0]


def in_groups(
    inputs: Iterable[Given], n_most: int, size_of: Callable[[Given], int], most: int
) -> Iterator[list[Given]]:
    """Yield lists of at most `n_most` inputs that come to a size of `most`, or of a single one.

    Where the inputs end in an error, it comes after those before it.
    """
    group: list[Given] = []
    held = 0
    failure: Exception | None = None

    for given in _error_last(inputs):
        if isinstance(given, _Failed):
            failure = given.error
            break
        if group and held + size_of(given) > most:
            yield group
            group, held = [], 0
        group.append(given)
        held += size_of(given)
        if len(group) == n_most:
            yield group
            group, held = [], 0

    if group:
        yield group
    if failure is not None:
        raise failure


@dataclass(frozen=True)
class _Failed:
    """Inputs end here in an error."""

    error: Exception


def _error_last(inputs: Iterable[Given]) -> Iterator[Given | _Failed]:
    """The inputs, and as the last of them the error that they end in, if they do."""
    try:
        yield from inputs
    except Exception as error:  # whatever reading raises; whoever asked for the inputs raises it
        yield _Failed(error)
