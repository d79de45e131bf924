"""Reading ahead: in order, bounded, and over when nobody wants more."""

import threading
import time

import pytest

from pipeline.base.workers import read_ahead


def test_one_source_keeps_its_order_and_reads_no_further_than_it_may():
    taken = []

    def endless():
        n = 0
        while True:
            taken.append(n)
            yield n
            n += 1

    with read_ahead([endless()], 3) as values:
        assert [next(values) for _ in range(10)] == list(range(10))
        time.sleep(0.3)
        assert len(taken) <= 10 + 3 + 1
    n_taken = len(taken)
    time.sleep(0.3)
    assert len(taken) == n_taken


def test_several_sources_are_read_side_by_side_and_all_come():
    both = threading.Barrier(2, timeout=10)

    def source(first):
        both.wait()  # passes only if two threads read
        yield from range(first, first + 50)

    with read_ahead([source(0), source(100)], 4) as values:
        assert sorted(values) == [*range(50), *range(100, 150)]


def test_an_error_of_a_source_reaches_the_caller_after_what_came_before():
    def failing():
        yield 1
        raise OSError("the disk")

    with read_ahead([failing()], 1) as values:
        assert next(values) == 1
        with pytest.raises(OSError, match="the disk"):
            next(values)


def test_sources_are_closed_by_their_own_threads():
    where = []

    def source():
        try:
            yield from range(1000)
        finally:
            where.append(threading.current_thread())

    with read_ahead([source()], 2) as values:
        next(values)
    (thread,) = where
    assert thread is not threading.current_thread()
