"""How much a mouth moves: lips that part do, heads that sway and pictures that change do not."""

import math

import cv2
import numpy as np
import pytest

from demo.actor import cast
from demo.warp import part_lips
from pipeline.media.mouths import BORDER, SIDE, MouthWatch, box_at, square_of, steadied
from pipeline.media.who_speaks import STILL
from tests.pipeline import clips

pytestmark = pytest.mark.fresh

ACTOR = cast("F", 1)  # Eileen Collins
MIDDLE_X = (ACTOR.face.mouth_corners[0][0] + ACTOR.face.mouth_corners[1][0]) / 2
TOP, BOTTOM = ACTOR.face.nose_y - 1.6 * ACTOR.face.unit, ACTOR.face.chin_y
HALF = 0.4 * (BOTTOM - TOP)
BOX = (MIDDLE_X - HALF, TOP, MIDDLE_X + HALF, BOTTOM)


def watched(picture_at, box_at_time=lambda time_s: BOX, n_frames=50):
    watch = MouthWatch()
    for number in range(n_frames):
        time_s = number / 25
        watch.look(picture_at(time_s), box_at_time(time_s), time_s)
    return watch.mouths


def motion(mouths):
    (mouth,) = mouths
    return math.sqrt(np.mean(mouth.motion)), math.sqrt(np.mean(mouth.rest))


def talks(time_s):
    """Lips that part four times a second, by at most a fifth of the distance of the eyes."""
    return part_lips(ACTOR.picture, ACTOR.face, 0.1 + 0.1 * math.sin(2 * math.pi * 4 * time_s))


def moved(x, y, degrees=0.0):
    places = cv2.getRotationMatrix2D((MIDDLE_X, TOP), degrees, 1)
    places[:, 2] += (x, y)
    size = ACTOR.picture.shape[1::-1]
    return cv2.warpAffine(ACTOR.picture, places, size, borderMode=cv2.BORDER_REPLICATE)


def test_a_square_holds_the_box_and_its_border_whatever_its_proportions():
    # Levels are the columns themselves: column x covers x to x + 1, its middle is level x.
    ramp = np.repeat(np.tile(np.arange(200, dtype=np.uint8), (120, 1))[..., None], 3, axis=2)
    square = square_of(ramp, (40.5, 20, 104.5, 90))
    assert square.shape == (SIDE + 2 * BORDER,) * 2
    assert square[:, BORDER] == pytest.approx(np.full(len(square), 40.5), abs=0.02)
    assert np.diff(square, axis=1) == pytest.approx(1.0, abs=0.02)
    # A box twice as wide is averaged over pairs.
    wide = square_of(ramp, (40, 20, 168, 90))
    assert np.diff(wide[30, BORDER:-BORDER]) == pytest.approx(2.0, abs=0.1)


@pytest.mark.parametrize(
    "box", [(-30, -20, 40, 50), (180, 100, 260, 190), (-500, -500, -400, -400)]
)
def test_a_box_beyond_the_border_of_the_picture_gives_a_square(box):
    picture = np.full((120, 200, 3), 90, np.uint8)
    assert square_of(picture, box) == pytest.approx(90)


def test_lips_that_part_are_motion_and_a_held_picture_is_none():
    talking, elsewhere = motion(watched(talks))
    assert talking > 2 * STILL
    assert elsewhere < 0.5 * talking
    rng = np.random.default_rng(0)
    shape = ACTOR.picture.shape
    still, _ = motion(
        watched(
            lambda time_s: np.clip(ACTOR.picture + rng.normal(0, 3, shape), 0, 255).astype("u1")
        )
    )
    assert still < STILL / 2


@pytest.mark.parametrize(
    ("name", "head"),
    [
        ("sways", lambda s: moved(3 * math.sin(2 * s), 2 * math.sin(2.5 * s), 2 * math.sin(2 * s))),
        ("nods", lambda s: moved(0, 4 * math.sin(2 * math.pi * 1.5 * s))),
        ("shakes", lambda s: moved(4 * math.sin(2 * math.pi * 2 * s), 0)),
    ],
)
def test_a_head_that_moves_moves_no_mouth(name, head):
    """Also where the box of the detector does not follow."""
    found, _ = motion(watched(head))
    assert found < STILL


def test_a_face_whose_box_jumps_a_little_is_still():
    rng = np.random.default_rng(1)
    places = np.cumsum(rng.normal(0, 0.5, (50, 4)), axis=0)
    found, _ = motion(
        watched(lambda s: ACTOR.picture, lambda s: tuple(BOX + places[round(25 * s)]))
    )
    assert found < STILL


def test_somebody_else_in_its_place_is_another_mouth_and_no_motion():
    other = clips.resized(clips.portraits()[0], *ACTOR.picture.shape[1::-1])
    mouths = watched(lambda time_s: ACTOR.picture if time_s < 1 else other)
    assert [(mouth.times_s[0], len(mouth.times_s)) for mouth in mouths] == [(0, 25), (1, 25)]
    assert max(max(mouth.motion) for mouth in mouths) < STILL**2
    assert mouths[0].covers(0.5)
    assert not mouths[0].covers(0.98)


def test_a_face_that_was_gone_for_a_quarter_of_a_second_is_another_mouth():
    watch = MouthWatch()
    for time_s in (0.0, 0.2, 0.4, 0.66, 0.7):
        watch.look(ACTOR.picture, BOX, time_s)
    assert [mouth.times_s for mouth in watch.mouths] == [[0.0, 0.2, 0.4], [0.66, 0.7]]


def test_between_two_frames_a_box_moves_in_a_straight_line():
    boxes = np.array([[0, 10, 20, 30], [10, 10, 40, 50.0]])
    assert box_at(0.25, np.array([0.0, 1.0]), boxes) == (2.5, 10, 25, 35)


def test_boxes_are_steadied_their_sizes_most():
    boxes = np.tile([10.0, 20, 110, 140], (200, 1))
    assert steadied(boxes) == pytest.approx(boxes)
    rng = np.random.default_rng(0)
    unrest = rng.normal(0, 3, (200, 4))
    steady = steadied(boxes + unrest) - boxes
    size, middle = steady[:, 2:] - steady[:, :2], steady[:, 2:] + steady[:, :2]
    # A mean over a Gaussian of that many looks leaves 1 / sqrt(2 sqrt(pi) looks) of white noise.
    assert size.std() / (3 * 2**0.5) == pytest.approx((2 * np.pi**0.5 * 3.0) ** -0.5, rel=0.2)
    assert middle.std() / (3 * 2**0.5) == pytest.approx((2 * np.pi**0.5 * 0.7) ** -0.5, rel=0.2)
