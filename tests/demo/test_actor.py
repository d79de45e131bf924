import numpy as np
import pytest

from demo.actor import HEIGHT_PX, LOOKS, MARGIN_PX, SITTERS, WIDTH_PX, cast
from demo.portraits import PORTRAITS

ALL = [(letter, session) for letter in "FM" for session in range(1, 6)]


@pytest.mark.parametrize(("letter", "session"), ALL)
def test_a_detector_sees_the_landmarks_that_the_actor_claims(letter, session, detect):
    actor = cast(letter, session)
    _, confidences, landmarks = detect(actor.picture)
    assert confidences[0] > 0.99
    claimed = np.array([*actor.face.eyes, *actor.face.mouth_corners])
    found = landmarks[0][[0, 1, 3, 4]].astype(float)
    assert np.abs(claimed - found).max() < 0.12 * actor.face.unit


@pytest.mark.parametrize(("letter", "session"), ALL)
def test_faces_have_the_size_that_the_look_says(letter, session):
    face = cast(letter, session).face
    expected = PORTRAITS[SITTERS[letter]].eye_distance_px * LOOKS[session - 1].scale
    assert face.eyes[1][0] - face.eyes[0][0] == pytest.approx(expected)
    assert face.unit == pytest.approx(expected)


def test_ten_actors_look_different():
    pictures = {cast(letter, session).picture.tobytes() for letter, session in ALL}
    assert len(pictures) == 10


def test_pictures_fill_half_a_screen_and_a_margin():
    shape = (HEIGHT_PX + 2 * MARGIN_PX, WIDTH_PX + 2 * MARGIN_PX, 3)
    assert all(cast(letter, session).picture.shape == shape for letter, session in ALL)
