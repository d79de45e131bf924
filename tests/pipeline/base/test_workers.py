"""Reading ahead and working side by side: in order, bounded, over when nobody wants more."""

import threading
import time

import pytest

from pipeline.base.workers import in_groups, read_ahead, side_by_side


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


def inputs(n, seen=None, error=None):
    for k in range(n):
        if seen is not None:
            seen.append(k)
        yield k
    if error:
        raise error


@pytest.mark.parametrize("n_workers", [1, 3, 50])
def test_an_error_of_the_inputs_comes_after_all_results_before_it(n_workers):
    results = side_by_side(lambda k: -k, inputs(7, error=OSError("disk")), n_workers)
    assert [next(results) for _ in range(7)] == [-k for k in range(7)]
    with pytest.raises(OSError, match="disk"):
        next(results)


@pytest.mark.parametrize(("most", "n_read"), [(0, 2), (25, 3), (10_000, 8)])
def test_what_waits_is_bounded_by_its_size(most, n_read):
    read = []
    results = side_by_side(lambda k: k, inputs(20, read), 4, lambda k: 10, most)
    assert next(results) == 0
    assert len(read) == n_read
    assert list(results) == list(range(1, 20))


def test_groups_are_as_long_as_number_and_size_allow():
    sizes = [3, 3, 3, 9, 50, 1, 1, 1, 1, 1]
    groups = list(in_groups(sizes, 4, lambda size: size, 9))
    assert groups == [[3, 3, 3], [9], [50], [1, 1, 1, 1], [1]]
    assert list(in_groups([], 4, len, 9)) == []


def test_a_group_does_not_wait_for_the_next_input_and_is_not_lost_with_an_error():
    read = []
    groups = in_groups(inputs(9, read), 2, lambda k: 1, 99)
    assert next(groups) == [0, 1]
    assert read == [0, 1]
    groups = in_groups(inputs(3, error=OSError("disk")), 2, lambda k: 1, 99)
    assert [next(groups), next(groups)] == [[0, 1], [2]]
    with pytest.raises(OSError, match="disk"):
        next(groups)
