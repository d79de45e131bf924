"""Whose face is taken."""

import pytest

from pipeline.media.face_choice import (
    intersection_over_union,
    largest,
    possible_speakers,
    steadiest,
    tracks_of,
)
from pipeline.media.faces import Face

pytestmark = pytest.mark.fresh


def face(left, size, confidence=0.999, top=0):
    return Face((left, top, left + size, top + size), confidence)


def steadiest_track(frames):
    """For each frame the index of the chosen person's face, None where it is not seen."""
    chosen = steadiest(tracks_of(frames))
    return [None if chosen is None else chosen.indices.get(number) for number in range(len(frames))]


def test_the_largest_face_is_taken_if_the_detector_is_sure_of_it():
    assert largest([]) is None
    assert largest([face(0, 50), face(100, 80), face(300, 60)]) == 1
    # Hands that look a little like a face are larger than the face itself.
    assert largest([face(0, 50, 1.0), face(100, 80, 0.97)]) == 0
    assert largest([face(0, 50, 0.972), face(100, 80, 0.97)]) == 1
    assert largest([face(0, 50, 0.985), face(100, 50, 0.99), face(200, 50, 0.99)]) == 1


@pytest.mark.parametrize(
    ("box", "other", "shared"),
    [
        (face(0, 10), face(0, 10), 1.0),
        (face(0, 10), face(5, 10), 1 / 3),  # 50 of 150
        (face(0, 10), face(20, 10), 0.0),
        (face(0, 10), face(0, 10, top=30), 0.0),
        (face(0, 0), face(0, 0), 0.0),
    ],
)
def test_what_two_boxes_share_counts_once_whichever_is_first(box, other, shared):
    assert intersection_over_union(box, other) == pytest.approx(shared)
    assert intersection_over_union(other, box) == pytest.approx(shared)


def test_one_person_is_followed_while_faces_change_their_order():
    frames = [[face(0 + k, 50), face(200, 40)][:: 1 if k % 2 else -1] for k in range(6)]
    chosen = steadiest_track(frames)
    assert [frames[k][i].box[0] for k, i in enumerate(chosen)] == [0, 1, 2, 3, 4, 5]


def test_a_steady_face_wins_over_a_larger_one_that_flashes_by():
    # 6 frames of 40 x 40: 6 * 1600 * 6 = 57,600; 2 frames of 90 x 90: 2 * 8100 * 2 = 32,400.
    frames = [[face(0, 40)] + ([face(200, 90)] if k in (2, 3) else []) for k in range(6)]
    assert steadiest_track(frames) == [0] * 6
    # 4 frames of 90 x 90: 4 * 8100 * 4 = 129,600.
    frames = [[face(0, 40)] + ([face(200, 90)] if k < 4 else []) for k in range(6)]
    assert steadiest_track(frames) == [1, 1, 1, 1, None, None]


def test_a_track_bridges_a_few_frames_without_the_face_and_no_more():
    frames = [[face(0, 50)], *[[]] * 5, [face(2, 50)]]
    assert steadiest_track(frames) == [0, *[None] * 5, 0]
    frames = [[face(0, 50)], *[[]] * 6, [face(2, 50)]]
    assert steadiest_track(frames) == [0, *[None] * 7]  # two tracks alike: the earlier one


def test_a_cut_to_another_person_begins_another_track():
    frames = [[face(0, 50)]] * 2 + [[face(300, 50)]] * 3
    assert steadiest_track(frames) == [None, None, 0, 0, 0]


def test_two_faces_never_share_a_track_in_one_frame():
    frames = [[face(0, 50)], [face(2, 50), face(4, 50)], [face(2, 50), face(4, 50)]]
    chosen = steadiest_track(frames)
    assert chosen == [0, 0, 0]


def test_nobody_is_followed_where_nobody_is():
    assert steadiest_track([]) == []
    assert steadiest_track([[], []]) == [None, None]


def test_who_may_speak_is_seen_twice_and_not_far_behind_the_nearest():
    # Hands flash by once; a face of 29 pixels is less than a third of 90, one of 31 is more.
    frames = [[face(0, 90), face(200, 29), face(300, 31)] for _ in range(4)]
    frames[1].append(face(500, 60))
    people = possible_speakers(tracks_of(frames))
    assert [track.last_face.box[0] for track in people] == [0, 300]
    # A span of one frame has no time for more.
    assert len(possible_speakers(tracks_of(frames[:1]))) == 2
    assert possible_speakers(tracks_of([])) == []
