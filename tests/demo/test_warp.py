import numpy as np
import pytest

from demo.actor import cast
from demo.moods import EXPRESSIONS, MOODS, Expression
from demo.warp import express, part_lips, turn_away

ACTORS = [("F", 1), ("M", 1), ("F", 2), ("M", 5)]


def mouth(actor, picture):
    (x0, y0), (x1, y1) = actor.face.mouth_corners
    rows = slice(round(min(y0, y1)), round(max(y0, y1) + 0.5 * actor.face.unit))
    return picture[rows, round(x0) : round(x1)]


@pytest.mark.parametrize(("letter", "session"), ACTORS)
def test_parting_the_lips_shows_a_dark_mouth_that_grows(letter, session):
    actor = cast(letter, session)
    pictures = [part_lips(actor.picture, actor.face, o) for o in (0.0, 0.08, 0.16, 0.24)]
    dark = [(mouth(actor, picture).max(axis=2) < 70).sum() for picture in pictures]
    assert dark == sorted(dark)
    assert dark[-1] > dark[0] + 200


@pytest.mark.parametrize(("letter", "session"), ACTORS)
def test_parting_the_lips_leaves_the_rest_alone(letter, session):
    actor = cast(letter, session)
    moved = part_lips(actor.picture, actor.face, 0.2)
    changed = np.argwhere((moved != actor.picture).any(axis=2))
    (x0, _), (x1, _) = actor.face.mouth_corners
    assert changed[:, 0].min() >= actor.face.nose_y - 1
    assert changed[:, 0].max() <= actor.face.chin_y + 0.4 * actor.face.unit
    assert changed[:, 1].min() >= x0 - 4
    assert changed[:, 1].max() <= x1 + 4


def test_a_face_at_rest_is_not_bent():
    actor = cast("M", 1)  # whose resting face is the portrait's own
    assert np.array_equal(express(actor.picture, actor.face, Expression()), actor.picture)


@pytest.mark.parametrize(("letter", "session"), ACTORS)
def test_a_detector_sees_happy_corners_above_sad_ones(letter, session, detect):
    actor = cast(letter, session)

    def drop(mood):
        """Height of eyes above mouth corners, in eye distances."""
        faces = detect(express(actor.picture, actor.face, EXPRESSIONS[mood]))[2][0]
        eyes, corners = faces[:2], faces[3:]
        return (corners[:, 1].mean() - eyes[:, 1].mean()) / actor.face.unit

    assert drop("sad") > drop("hap") + 0.08


@pytest.mark.parametrize("mood", MOODS)
@pytest.mark.parametrize("strength", [0.3, 1.0])
@pytest.mark.parametrize(("letter", "session"), ACTORS[:2])
def test_a_detector_finds_one_face_in_every_mood(letter, session, strength, mood, detect):
    actor = cast(letter, session)
    expression = EXPRESSIONS[mood] * strength
    picture = part_lips(actor.picture, actor.face, expression.mouth_open + 0.2)
    _, confidences, _ = detect(express(picture, actor.face, expression))
    assert (confidences > 0.9).sum() == 1


def test_moods_differ_more_the_stronger_they_are():
    actor = cast("F", 3)
    rest = express(actor.picture, actor.face, Expression()).astype(float)
    for mood in set(MOODS) - {"neu"}:
        weak, strong = (
            np.abs(express(actor.picture, actor.face, EXPRESSIONS[mood] * s) - rest).mean()
            for s in (0.3, 1.0)
        )
        assert strong > 1.5 * weak > 0.5


@pytest.mark.parametrize(("letter", "session"), ACTORS)
def test_nobody_who_turned_away_has_a_face(letter, session, detect):
    actor = cast(letter, session)
    _, confidences, _ = detect(turn_away(actor.picture, actor.face))
    assert confidences[0] is None or max(confidences) < 0.5
