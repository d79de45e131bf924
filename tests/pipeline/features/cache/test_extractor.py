"""What is written with a record keeps its number: features of earlier runs are read by it."""

import inspect

from pipeline.features.cache.extractor import PASSING, STATUSES, Extractor
from pipeline.features.encoders.batched import Batched
from pipeline.features.encoders.driver import Overlapped


def test_the_first_status_is_that_of_what_was_encoded():
    assert STATUSES.index("ok") == 0  # as feature files hold it
    assert "ok" not in PASSING  # what is ok is never tried again
    assert set(PASSING) < set(STATUSES)


def test_both_ways_to_encode_take_what_an_extractor_is_asked_for():
    asked = inspect.signature(Extractor.encode).parameters
    for way in (Overlapped, Batched):
        taken = inspect.signature(way.encode).parameters
        assert list(taken) == list(asked)
        assert taken["n_workers"].default == asked["n_workers"].default
