"""Faces are found where they are, whatever the batch, the threads, the scale, the region."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from facenet_pytorch import MTCNN
from facenet_pytorch.models.utils import detect_face

from pipeline.media.cascade import _patches
from pipeline.media.detectors import open_detector
from pipeline.media.faces import Face, crop_square, in_pixels_of, shrink, view_of

pytestmark = pytest.mark.fresh

HOPPER_NOSE = (263, 215)
ASTRONAUT_NOSE = (223, 125)


def open_mtcnn(**options):
    given = {"weights": None, "min_face_px": 40, "min_confidence": 0.95, "device": "cpu"}
    return open_detector("mtcnn", **{**given, **options})


@pytest.fixture(scope="module")
def mtcnn():
    return open_mtcnn()


def holds(face, point):
    left, top, right, bottom = face.box
    return left < point[0] < right and top < point[1] < bottom


def views_of(portraits):
    """Twelve pictures of one size: portraits, moved and darkened, and one without a face."""
    hopper, astronaut = (cv2.resize(p, (320, 320)) for p in portraits)
    moved = [np.roll(p, shift, 1) // dark for p in (hopper, astronaut)
             for shift, dark in ((0, 1), (7, 1), (-9, 2), (20, 3), (1, 1))]  # fmt: skip
    return [*moved, np.zeros_like(hopper), np.hstack([hopper[:, :160], astronaut[:, :160]])]


def find(detector, pictures):
    seen = [shrink(picture, 480) for picture in pictures]
    return list(map(in_pixels_of, pictures, seen, detector.detect(seen)))


def test_portraits_have_one_face_where_the_nose_is(mtcnn, portraits):
    found = find(mtcnn, portraits)
    for (face,), nose in zip(found, (HOPPER_NOSE, ASTRONAUT_NOSE), strict=True):
        assert holds(face, nose)
        assert face.confidence > 0.99
        assert 90 * 80 < face.area < 250 * 250


def test_boxes_come_back_in_the_pixels_of_the_picture(mtcnn, portraits):
    hopper = portraits[0]
    (small,), (large,) = find(mtcnn, [hopper, cv2.resize(hopper, None, fx=2, fy=2)])
    assert np.allclose(np.array(large.box) / 2, small.box, atol=8)


def test_what_is_found_depends_on_no_other_picture_and_no_thread(mtcnn, portraits):
    views = views_of(portraits)
    alone = [mtcnn.detect([view])[0] for view in views]
    assert sum(map(len, alone)) >= 10
    assert mtcnn.detect(views) == alone
    assert mtcnn.detect(views[::-1]) == alone[::-1]
    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(lambda view: mtcnn.detect([view])[0], views)) == alone


def test_one_core_works_on_a_picture_because_more_change_the_last_bits():
    torch.set_num_threads(2)
    open_mtcnn()
    assert torch.get_num_threads() == 1


def from_library(picture):
    """(box, confidence) of each sure face, by the library's own loop, the surest first."""
    boxes, confidences = MTCNN(keep_all=True, min_face_size=40, select_largest=False).detect(
        picture
    )
    faces = [] if boxes is None else zip(boxes, confidences, strict=True)
    return sorted(((np.float64(b), c) for b, c in faces if c >= 0.95), key=lambda pair: -pair[1])


def opencv_resize(pictures, size):
    """Stands for the library's `imresample`, which averages over overlapping windows."""
    resized = [
        cv2.resize(
            picture.permute(1, 2, 0).byte().numpy(), size[::-1], interpolation=cv2.INTER_AREA
        )
        for picture in pictures
    ]
    return torch.from_numpy(np.stack(resized)).permute(0, 3, 1, 2).float()


def test_the_cascade_is_that_of_the_library_but_for_resizing(mtcnn, portraits, monkeypatch):
    monkeypatch.setattr(detect_face, "imresample", opencv_resize)
    for view in views_of(portraits):
        found, wanted = mtcnn.detect([view])[0], from_library(view)
        assert len(found) == len(wanted)
        for face, (box, confidence) in zip(found, wanted, strict=True):
            assert face.box == pytest.approx(box, abs=1e-2)
            assert face.confidence == pytest.approx(confidence, abs=1e-5)


def test_resizing_moves_a_box_by_little(mtcnn, portraits):
    for view in views_of(portraits):
        found, wanted = mtcnn.detect([view])[0], from_library(view)
        assert len(found) == len(wanted)
        for face, (box, _) in zip(found, wanted, strict=True):
            assert np.abs(np.array(face.box) - box).max() < 0.08 * (box[2] - box[0])


def test_a_candidate_outside_of_the_picture_is_dropped():
    # The library's loop ends in an IndexError here.
    picture = np.full((50, 60, 3), 7, np.uint8)
    boxes = np.array([[-30.0, 5, -4, 31], [10, 10, 30, 30], [61, 2, 80, 21], [-5, -5, 10, 10]])
    kept, patches = _patches(picture, boxes, 24)
    assert kept.tolist() == boxes[[1, 3]].tolist()
    assert patches.shape == (2, 24, 24, 3)


def test_faces_that_are_too_small_or_too_doubtful_are_left_out(portraits):
    hopper = cv2.resize(portraits[0], (128, 150))
    assert open_mtcnn(min_face_px=20).detect([hopper])[0]
    assert open_mtcnn(min_face_px=120).detect([hopper]) == [[]]
    half = portraits[0][:, 250:]
    sure = open_mtcnn().detect([half])[0]
    assert len(open_mtcnn(min_confidence=0.0).detect([half])[0]) >= len(sure)


@pytest.mark.parametrize("shape", [(1, 1), (39, 300), (300, 39), (40, 40), (41, 200)])
def test_a_picture_too_small_for_a_face_has_none(mtcnn, shape):
    assert mtcnn.detect([np.full((*shape, 3), 90, np.uint8)]) == [[]]


def test_no_picture_gives_no_answer(mtcnn):
    assert mtcnn.detect([]) == []
    assert find(mtcnn, []) == []


def test_halves_share_no_column_and_miss_none():
    for width in (720, 721):
        picture = np.arange(width, dtype=np.uint16).repeat(3).reshape(1, width, 3)
        (left, first), (right, second) = view_of(picture, "left"), view_of(picture, "right")
        assert (first, second) == (0, width // 2)
        assert np.array_equal(np.hstack([left, right]), picture)
        assert view_of(picture, "full")[0].shape == picture.shape


def test_a_crop_is_the_box_with_half_the_margin_on_each_side():
    view = np.zeros((200, 300, 3), np.uint8)
    view[50:110, 100:140] = 255  # 40 x 60: the square has 60 * 1.5 = 90 px, centred at (120, 80)
    crop = crop_square(view, (100, 50, 140, 110), 0.5, 90)
    wanted = np.zeros((90, 90, 3), np.uint8)
    wanted[15:75, 25:65] = 255
    assert np.array_equal(crop, wanted)


@pytest.mark.parametrize(
    ("box", "corner"),
    [
        ((-20, -10, 40, 50), (0, 0)),
        ((270, 160, 330, 220), (240, 140)),
        ((280, -9, 340, 9), (240, 0)),
    ],
)
def test_a_crop_at_the_border_is_moved_inside_and_stays_square(box, corner):
    rng = np.random.default_rng(0)
    view = rng.integers(0, 256, (200, 300, 3), dtype=np.uint8)
    crop = crop_square(view, box, 0.0, 60)
    x, y = corner
    assert np.array_equal(crop, view[y : y + 60, x : x + 60])


def test_a_face_larger_than_the_picture_shrinks_to_it():
    view = np.random.default_rng(0).integers(0, 256, (100, 60, 3), dtype=np.uint8)
    assert np.array_equal(crop_square(view, (-50, -50, 150, 150), 0.2, 60), view[20:80, :])
    assert crop_square(view, (5, 5, 5, 5), 0.2, 32).shape == (32, 32, 3)


def test_crops_are_averaged_down_and_interpolated_up():
    checker = np.indices((64, 64)).sum(axis=0) % 2 * 255
    view = np.repeat(checker[..., None], 3, axis=2).astype(np.uint8)
    small = crop_square(view, (0, 0, 64, 64), 0.0, 32)
    assert np.abs(small.astype(int) - 128).max() <= 1
    assert crop_square(view, (0, 0, 16, 16), 0.0, 64).shape == (64, 64, 3)


def test_the_area_of_a_box_without_extent_is_zero():
    assert Face((5, 5, 3, 9), 1.0).area == 0


def test_yunet_finds_the_portraits(portraits):
    path = os.environ.get("YUNET_MODEL", "")
    if not Path(path).is_file():
        pytest.skip("no package carries YuNet's model; set YUNET_MODEL to its path to test it")
    yunet = open_detector("yunet", weights=path, min_face_px=40, min_confidence=0.9, device="cpu")
    found = find(yunet, portraits)
    for (face,), nose in zip(found, (HOPPER_NOSE, ASTRONAUT_NOSE), strict=True):
        assert holds(face, nose)
