"""Where a face is between two looks of the first pass, and whose mouth moves with the sound."""

import numpy as np
import pytest

from pipeline.features.faces.second_look import Person, person_of, seen_speaking
from pipeline.media.cutting import cut_sound
from pipeline.media.face_choice import Track, tracks_of
from pipeline.media.faces import Face
from pipeline.media.video import sample_frames
from tests.pipeline.talking import SEAT_PX, Scene

TIMES_S = [1.0, 1.2, 1.4, 2.4]


def people_of(frames, times_s):
    return [person_of(track, times_s, frames) for track in tracks_of(frames)]


def test_a_face_is_followed_between_looks_but_not_across_a_gap():
    boxes = np.array([[x, 10, x + 50, 60] for x in (0, 10, 20, 30)])
    person = Person(Track(), np.array(TIMES_S), boxes)
    assert person.box_at(1.0, 0.5) == (0, 10, 50, 60)
    assert person.box_at(1.1, 0.5) == pytest.approx((5, 10, 55, 60))
    assert person.box_at(1.4, 0.5) == pytest.approx((20, 10, 70, 60))
    assert person.box_at(1.9, 0.5) is None  # not seen for a second
    assert person.box_at(1.9, 1.1) == pytest.approx((25, 10, 75, 60))
    assert person.box_at(0.99, 0.5) is None
    assert person.box_at(2.41, 0.5) is None


def test_the_mouth_that_moves_with_the_sound_is_told_with_its_times(tmp_path):
    scene = Scene([("F", 1), ("M", 1)]).speak(1).speak(0)
    path = scene.write(tmp_path / "a.mp4")
    # Boxes by hand: both portraits have their faces in the middle of their seats.
    boxes = [(70 + seat * SEAT_PX[0], 60, 170 + seat * SEAT_PX[0], 195) for seat in (0, 1)]
    asked = []
    for turn in scene.turns:
        times_s = np.arange(turn.start_s, turn.end_s, 0.2)
        frames = [[Face(box, 0.99) for box in boxes] for _ in times_s]
        asked.append(((turn.start_s, turn.end_s), people_of(frames, list(times_s))))
    told = seen_speaking(path, asked, sample_frames, cut_sound, 5.0)
    assert [[person for person, _ in spoken] for spoken in told] == [[1], [0]]
    ((_, mouth),) = told[0]
    assert mouth.times_s[0] == pytest.approx(scene.turns[0].start_s, abs=0.05)
    assert np.diff(mouth.times_s) == pytest.approx(0.04, abs=1e-6)
