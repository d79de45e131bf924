"""Pictures shrunk and patches cut on a device are those of OpenCV."""

import cv2
import numpy as np
import pytest
import torch

from pipeline.media.device_resizing import patches_of, shrunk, sums_of

# left, top, right, bottom: shrinking, halving, growing, one side of each, a pixel, the whole.
BOXES = [
    (10, 20, 71, 81),
    (3, 5, 51, 53),
    (100, 40, 196, 136),
    (200, 100, 230, 130),
    (200, 100, 220, 150),
    (0, 0, 47, 48),
    (0, 30, 24, 54),
    (299, 30, 300, 60),
    (17, 199, 77, 200),
    (5, 5, 6, 6),
    (0, 0, 300, 200),
]


@pytest.fixture(scope="module")
def pictures(portraits):
    """Two portraits and noise, 300 x 200."""
    noise = np.random.default_rng(0).integers(0, 256, (200, 300, 3), np.uint8)
    return np.stack([*(cv2.resize(portrait, (300, 200)) for portrait in portraits), noise])


@pytest.mark.parametrize("size", [(61, 91), (43, 65), (12, 18), (100, 150), (50, 75), (200, 300)])
def test_whole_pictures_shrink_as_in_opencv(pictures, size):
    found = shrunk(sums_of(torch.from_numpy(pictures)), *size).numpy()
    wanted = np.stack(
        [cv2.resize(picture, size[::-1], interpolation=cv2.INTER_AREA) for picture in pictures]
    )
    assert found.dtype == np.float32
    off = np.abs(found - wanted)
    assert off.max() <= 1
    assert (off > 0).mean() < 1e-3


@pytest.mark.parametrize("size_px", [24, 48])
def test_patches_are_cut_and_scaled_as_in_opencv(pictures, size_px):
    owners = np.arange(len(BOXES)) % 3
    whole = torch.from_numpy(pictures)
    given = torch.from_numpy(owners), torch.tensor(BOXES)
    found = patches_of(whole, sums_of(whole), *given, size_px).numpy()
    wanted = [
        cv2.resize(
            pictures[owner, top:bottom, left:right],
            (size_px, size_px),
            interpolation=cv2.INTER_AREA,
        )
        for owner, (left, top, right, bottom) in zip(owners, BOXES, strict=True)
    ]
    off = np.abs(found - np.stack(wanted))

    assert off.max() <= 1
    assert (off > 0).mean() < 1e-3


def test_growing_patches_are_those_of_opencv_digit_by_digit(pictures):
    boxes = [(x, y, x + side, y + side) for side in range(1, 48) for x, y in ((0, 0), (90, 30))]
    whole = torch.from_numpy(pictures)
    owners = torch.zeros(len(boxes), dtype=torch.long)
    found = patches_of(whole, sums_of(whole), owners, torch.tensor(boxes), 48).numpy()
    for (left, top, right, bottom), patch in zip(boxes, found, strict=True):
        wanted = cv2.resize(
            pictures[0, top:bottom, left:right], (48, 48), interpolation=cv2.INTER_AREA
        )
        assert np.array_equal(patch, wanted)


def test_sums_of_a_picture_of_64_million_pixels_do_not_overflow():
    white = torch.full((1, 1, 8192 * 1024, 3), 255, dtype=torch.uint8).expand(1, 2, -1, 3)
    assert sums_of(white)[0, -1, -1].tolist() == [2 * 8192 * 1024 * 255] * 3
