from dataclasses import replace

import numpy as np
import pytest

from demo.portraits import PORTRAITS, load_portrait


@pytest.mark.parametrize("sitter", PORTRAITS)
def test_a_detector_finds_the_landmarks_where_they_were_measured(sitter, detect):
    portrait = PORTRAITS[sitter]
    picture = load_portrait(portrait)
    boxes, confidences, landmarks = detect(picture)
    assert len(boxes) == 1
    assert confidences[0] > 0.99
    left_eye, right_eye, nose, left_corner, right_corner = landmarks[0]
    unit = portrait.eyes[1][0] - portrait.eyes[0][0]
    measured = np.array([*portrait.eyes, *portrait.mouth_corners])
    found = np.array([left_eye, right_eye, left_corner, right_corner])
    assert np.abs(measured - found).max() < 0.1 * unit
    assert nose[1] < portrait.nose_y < left_corner[1]


@pytest.mark.parametrize("sitter", PORTRAITS)
def test_landmarks_are_in_anatomical_order(sitter):
    portrait = PORTRAITS[sitter]
    for brow, eye, corner in zip(
        portrait.inner_brows, portrait.eyes, portrait.mouth_corners, strict=True
    ):
        assert brow[1] < eye[1] < portrait.nose_y < corner[1] < portrait.chin_y
    assert list(portrait.lips) == sorted(portrait.lips)


def test_a_missing_picture_is_an_error():
    with pytest.raises(FileNotFoundError):
        load_portrait(replace(PORTRAITS["hopper"], file="no-such.jpg"))
