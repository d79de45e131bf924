"""Where frames stand, by hand: their stamps may be missing, jump or begin anew."""

import pytest

from pipeline.media.damage import Damage
from pipeline.media.timeline import Timeline, with_next

LENGTH = 100


def placed(stamps):
    timeline, damage = Timeline(jitter=5, overlap=50), Damage()
    places = [
        timeline.place(stamp, LENGTH, following, damage)
        for stamp, following in zip(stamps, [*stamps[1:], None], strict=True)
    ]
    return places, damage.n_errors


@pytest.mark.parametrize(
    ("stamps", "places"),
    [
        ([0, 100, 200], [0, 100, 200]),
        ([40, 140], [40, 140]),  # it may begin later
        ([0, 103, 198], [0, 100, 200]),  # what jitters goes on where it was
        ([0, None, 200], [0, 100, 200]),
        ([0, 100, 500, 600], [0, 100, 500, 600]),  # a hole stays one
        ([0, 9000, 200, 300], [0, 100, 200, 300]),  # one alone counts for nothing
        ([None, 100], [0, 100]),
    ],
)
def test_places(stamps, places):
    assert placed(stamps) == (places, 0)


def test_stamps_that_begin_anew_come_after_what_was_there_and_are_told():
    assert placed([0, 100, 200, 0, 100]) == ([0, 100, 200, 300, 400], 1)
    # Twice: the offset grows.
    assert placed([0, 100, 0, 100, 0]) == ([0, 100, 200, 300, 400], 2)


def test_each_comes_with_the_next():
    assert list(with_next("abc")) == [("a", "b"), ("b", "c"), ("c", None)]
    assert list(with_next("")) == []
