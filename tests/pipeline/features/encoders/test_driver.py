"""The driver of extractors: order, bounded waiting, statuses, and errors that stop the run."""

import threading

import numpy as np
import pytest

from pipeline.base.errors import EncodingError
from pipeline.base.records import Utterance
from pipeline.base.workers import AHEAD, side_by_side
from pipeline.features.cache.extractor import Encoded, Item
from pipeline.features.encoders.driver import Overlapped


def item(name):
    return Item(Utterance(name, "d", 0, "s", "1", "", 0.0, 1.0, "full", "text"))


def extractor(embed):
    return Overlapped(dim=2, read=lambda items: ((item, item) for item in items), embed=embed)


@pytest.mark.parametrize("n_workers", [1, 2, 5])
def test_results_come_in_order_and_at_most_a_few_inputs_wait(n_workers):
    taken, done = 0, 0
    most_waiting = 0

    def inputs():
        nonlocal taken, most_waiting
        for number in range(40):
            taken += 1
            most_waiting = max(most_waiting, taken - done)
            yield number

    results = []
    for result in side_by_side(lambda number: number * number, inputs(), n_workers):
        done += 1
        results.append(result)
    assert results == [number * number for number in range(40)]
    assert most_waiting <= AHEAD * n_workers


def test_several_inputs_are_worked_on_at_once():
    meeting = threading.Barrier(2, timeout=10)
    assert len(list(side_by_side(lambda _: meeting.wait(), range(4), 2))) == 4


def test_an_error_in_the_work_or_in_the_reading_stops_the_run():
    def broken(_):
        raise RuntimeError("out of memory")

    def unreadable():
        yield 1
        raise OSError("gone")

    with pytest.raises(RuntimeError, match="out of memory"):
        list(side_by_side(broken, range(3), 2))
    with pytest.raises(OSError, match="gone"):
        list(side_by_side(lambda given: given, unreadable(), 2))


def test_what_is_known_of_an_item_is_not_encoded():
    known = Encoded("a", None, "no_face")
    silent = Overlapped(2, lambda items: ((item, known) for item in items), embed=pytest.fail)
    assert list(silent.encode([item("a")])) == [known]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e39])
def test_a_vector_that_is_not_finite_in_float32_becomes_a_status(bad):
    (encoded,) = extractor(lambda _: np.array([bad, 1.0])).encode([item("a")])
    assert (encoded.vector, encoded.status) == (None, "not_finite")
    assert encoded.detail == "1 of 2 values"


def test_a_vector_of_another_length_is_an_error_of_the_encoder():
    with pytest.raises(EncodingError, match=r"a: the encoder gave shape \(3,\), expected \(2,\)"):
        list(extractor(lambda _: np.zeros(3)).encode([item("a")]))
