"""One utterance on the page; the rest of it is tested in test_page.py."""

import pytest

from pipeline.tools.label.cue_views import clock, cue_view
from tests.pipeline.tools.label.test_page import row


@pytest.mark.parametrize(
    ("label", "shares", "hue"),
    [("sad", (0.2, 0.8), 1), ("", (0.2, 0.8), -1), ("sad", (), 1), ("2.5", (), 0)],
)
def test_the_colour_is_that_of_the_likeliest_name(label, shares, hue):
    told = row(0, 1.0, 3.0, label=label, shares=shares)
    view = cue_view(told.cue(0), told, ("happy", "sad"), (0.0, 2.5), 4.0)
    assert (view.hue, view.left, view.width) == (hue, 25.0, 50.0)


def test_the_clock():
    assert [clock(seconds) for seconds in (0, 59.96, 187.44, 3600)] == [
        "0:00.0",
        "1:00.0",
        "3:07.4",
        "60:00.0",
    ]
