"""GCNet's rule for faces, by hand: whole pixels, wholly inside, the half of the right edge."""

import numpy as np
import pytest

from pipeline.media.faces import Face, crop_box
from pipeline.media.gcnet_faces import crop, faces_of

PICTURE = np.arange(480 * 720 * 3, dtype=np.uint32).reshape(480, 720, 3).astype(np.uint8)


def face(left, top, width, height, confidence=0.99):
    return Face((left, top, left + width, top + height), confidence)


@pytest.mark.parametrize(
    ("box", "region", "expected"),
    [
        ((100.9, 50.9, 60.9, 80.9), "left", (100, 50, 160, 130)),  # each number cut off by itself
        ((299.5, 50, 60.5, 80), "left", (299, 50, 359, 130)),  # right edge 359 < 360
        ((300, 50, 60, 80), "left", None),  # right edge 360: the right half
        ((300, 50, 60, 80), "right", (300, 50, 360, 130)),
        ((300, 50, 60, 80), "full", (300, 50, 360, 130)),
        ((-0.5, 50, 60, 80), "full", (0, 50, 60, 130)),  # int() goes towards zero, as astype does
        ((-1.5, 50, 60, 80), "full", None),
        ((660, 50, 60, 80), "full", None),  # ends at 720: not smaller than the width
        ((600, 400, 60, 80), "full", None),
        ((600, 399, 60, 80), "full", (600, 399, 660, 479)),
        ((600, 399, 0.5, 80), "full", None),
    ],
)
def test_which_boxes_count_and_where(box, region, expected):
    found = faces_of([face(*box)], PICTURE, region)
    assert [face.box for face in found] == ([] if expected is None else [expected])


def test_the_order_is_the_detectors_and_the_crop_the_bare_rectangle():
    small, large = face(10, 20, 30, 40, 0.99), face(50, 60, 200, 210, 0.97)
    found = faces_of([small, large], PICTURE, "full")
    assert [face.confidence for face in found] == [0.99, 0.97]
    assert np.array_equal(crop(PICTURE, found[0]), PICTURE[20:60, 10:40])


def test_a_box_is_stretched_and_a_square_is_not():
    view = np.zeros((100, 100, 3), np.uint8)
    view[20:80, 40:60] = 255  # 20 x 60
    assert (crop_box(view, (40, 20, 60, 80), 0.0, 32) == 255).all()
    grown = crop_box(view, (40, 20, 60, 80), 1.0, 80)  # 40 x 120, cut to 40 x 100
    assert grown.shape == (80, 80, 3)
    assert (grown[:, 22:58].max(axis=(1, 2)) > 250).mean() == pytest.approx(0.6, abs=0.03)
    assert (grown[40].max(axis=1) > 127).mean() == pytest.approx(0.5, abs=0.03)
