"""Pictures as players show them: the eight orientations of a display matrix, and pixels not square.

The truth is the definition of ISO/IEC 14496-12, 8.3.2: the stored point (x, y) is shown at
(ax + cy, bx + dy). What ffmpeg 5.1 writes for these files was compared once: the same 32 pictures.
"""

import struct
from fractions import Fraction

import numpy as np
import pytest

from pipeline.media.probe import probe
from pipeline.media.shown import Orientation, nearest_orientation
from pipeline.media.video import sample_frames

HEIGHT, WIDTH = 96, 160
ORIENTATIONS = [  # a, b, c, d; counterclockwise turn after mirroring
    (1, 0, 0, 1, 0, False),
    (-1, 0, 0, 1, 0, True),
    (1, 0, 0, -1, 180, True),
    (-1, 0, 0, -1, 180, False),
    (0, 1, 1, 0, 90, True),
    (0, 1, -1, 0, 270, False),
    (0, -1, 1, 0, 90, False),
    (0, -1, -1, 0, 270, True),
]


def stored_picture():
    """Four parts of which no turn and no mirroring is like another."""
    picture = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    picture[: HEIGHT // 2, : WIDTH // 2] = 255, 0, 0
    picture[HEIGHT // 2 :, : WIDTH // 2] = 0, 255, 0
    picture[: HEIGHT // 3, 3 * WIDTH // 4 :] = 0, 0, 255
    return picture


def placed(picture, a, b, c, d):
    """Every pixel where the matrix shows it, moved so that the least coordinates are 0."""
    y, x = np.indices(picture.shape[:2])
    shown_x, shown_y = a * x + c * y, b * x + d * y
    shown_x, shown_y = shown_x - shown_x.min(), shown_y - shown_y.min()
    shown = np.zeros((shown_y.max() + 1, shown_x.max() + 1, 3), np.uint8)
    shown[shown_y, shown_x] = picture
    return shown


def with_matrix(path, a, b, c, d):
    """Write the matrix into the header of the only track, as front cameras do."""
    content = bytearray(path.read_bytes())
    at = content.index(b"tkhd")
    place = at + 8 + (20 if content[at + 4] == 0 else 32) + 16
    numbers = [a << 16, b << 16, 0, c << 16, d << 16, 0, 0, 0, 1 << 30]
    content[place : place + 36] = struct.pack(">9i", *numbers)
    path.write_bytes(content)


def alike(picture, other):
    """Share of pixels that a lossy codec could have made of each other."""
    assert picture.shape == other.shape
    return (np.abs(picture.astype(int) - other).max(axis=2) < 60).mean()


@pytest.mark.parametrize("aspect", [None, Fraction(2)])
@pytest.mark.parametrize(("a", "b", "c", "d", "rotation_deg", "is_mirrored"), ORIENTATIONS)
def test_a_picture_is_shown_as_its_matrix_says(
    make_video, a, b, c, d, rotation_deg, is_mirrored, aspect
):
    path = make_video("a.mp4", [stored_picture()] * 3, [0, 0.04, 0.08], aspect=aspect)
    with_matrix(path, a, b, c, d)
    (frame,) = sample_frames(path, [(0.0, 0.1)], 5.0)
    square = np.repeat(stored_picture(), 2 if aspect else 1, axis=1)
    wanted = placed(square, a, b, c, d)
    assert alike(frame.image, wanted) > 0.95
    video = probe(path).video
    assert (video.height_px, video.width_px) == wanted.shape[:2]
    assert (video.rotation_deg, video.is_mirrored) == (rotation_deg, is_mirrored)
    mirrored = square[:, ::-1] if is_mirrored else square
    assert np.array_equal(np.rot90(mirrored, rotation_deg // 90), wanted)


@pytest.mark.parametrize(
    ("matrix", "wanted"),
    [
        ([0, 0, 0, 0, 0], Orientation()),
        ([50000, 42000, 0, -42000, 50000], Orientation()),  # 40 degrees
        ([42000, 50000, 0, -50000, 42000], Orientation(True, True, False)),  # 50 degrees
        ([-131072, 0, 0, 0, 65536], Orientation(False, True, False)),  # scaled, too
    ],
)
def test_odd_matrices_go_to_the_nearest_orientation(matrix, wanted):
    assert nearest_orientation(matrix) == wanted


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts", "a.avi"])
@pytest.mark.parametrize(("aspect", "width_px"), [((64, 45), 228), ((1, 2), 80), ((10, 11), 145)])
def test_pixels_that_are_not_square_are_made_square(make_video, name, aspect, width_px):
    times_s = [k / 25 for k in range(25)]
    pictures = [stored_picture()] * len(times_s)
    path = make_video(name, pictures, times_s, aspect=Fraction(*aspect))
    (frame,) = sample_frames(path, [(0.0, 0.1)], 5.0)
    assert frame.image.shape == (HEIGHT, width_px, 3)
    assert alike(frame.image[:, [5, -5]], stored_picture()[:, [5, -5]]) > 0.9
    assert probe(path).video.width_px == width_px


def test_what_the_container_says_of_the_aspect_counts_before_the_codec(make_video):
    path = make_video("a.mp4", [stored_picture()] * 3, [0, 0.04, 0.08], aspect=Fraction(2))
    content = bytearray(path.read_bytes())
    at = content.index(b"pasp") + 4
    content[at : at + 8] = struct.pack(">II", 3, 2)
    path.write_bytes(content)
    (frame,) = sample_frames(path, [(0.0, 0.1)], 5.0)
    assert frame.image.shape[:2] == (HEIGHT, 240)


def test_an_aspect_that_cannot_be_is_that_of_squares(make_video):
    pictures = [stored_picture()] * 3
    path = make_video("a.mp4", pictures, [0, 0.04, 0.08], aspect=Fraction(1, 200))
    assert probe(path).video.width_px == WIDTH
