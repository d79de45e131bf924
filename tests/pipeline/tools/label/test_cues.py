"""Truth: what tiers of annotation formats promise, no two of a lane overlap; hand arithmetic."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.tools.label.cues import Cue, by_media, lanes, one_line, span_ms

NAMES = st.sampled_from(["Ann", "Ann (2)", "Ann ", "", "B\nob"])
SPANS = st.tuples(st.integers(0, 50), st.integers(1, 30), NAMES)


def cue(start_ms, length_ms, speaker, place=0):
    return Cue("a.mp4", start_ms, start_ms + length_ms, speaker, "", "sad", place=place)


@given(st.lists(SPANS, max_size=20))
def test_no_two_cues_of_a_lane_overlap_and_none_is_lost(spans):
    cues = by_media(cue(*span, place) for place, span in enumerate(spans)).get("a.mp4", [])
    found = lanes(cues)
    assert sorted(c.place for lane in found.values() for c in lane) == list(range(len(spans)))
    for lane in found.values():
        assert all(before.end_ms <= after.start_ms for before, after in itertools.pairwise(lane))
        assert len({one_line(c.speaker) for c in lane}) == 1


def test_a_lane_gets_a_name_that_no_speaker_has():
    found = lanes([cue(0, 9, "Ann"), cue(1, 9, "Ann (2)"), cue(2, 9, "Ann")])
    assert list(found) == ["Ann", "Ann (2)", "Ann (3)"]
    assert [c.speaker for c in found["Ann (3)"]] == ["Ann"]


@pytest.mark.parametrize(
    ("start_s", "end_s", "span"),
    [(0.0, 0.0, (0, 1)), (1.0004, 1.0006, (1000, 1001)), (2.5, 4.25, (2500, 4250))],
)
def test_a_span_lasts_a_millisecond_at_least(start_s, end_s, span):
    assert span_ms(start_s, end_s) == span


def test_people_are_told_the_label_or_why_there_is_none():
    assert Cue("m", 0, 1, "", "", "sad", 0.825).told == "sad 0.82"
    assert Cue("m", 0, 1, "", "", "sad").told == "sad"
    assert Cue("m", 0, 1, "", "", "", 0.9, "too long").told == "no label: too long"
