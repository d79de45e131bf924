"""Faces in pictures: where to look, how a detector is asked, and the square that is cut out.

Pictures are (height, width, 3) RGB uint8. Boxes are left, top, right, bottom in pixels of the shown
picture, right and bottom excluded; they may reach over its border, where a face does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np

from pipeline.base.records import Region
from pipeline.media.arrays import Picture

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Face:
    """One detected face; `confidence` is the detector's, 0 to 1."""

    box: Box
    confidence: float

    @property
    def area(self) -> float:
        """Square pixels of the box."""
        left, top, right, bottom = self.box
        return max(right - left, 0) * max(bottom - top, 0)


class Detector(Protocol):
    """Finds faces, in several threads at once if asked to.

    What it finds in a picture depends on no other picture.
    """

    def detect(self, pictures: Sequence[Picture]) -> list[list[Face]]:
        """The faces of each picture, in any order."""


def view_of(picture: Picture, region: Region) -> tuple[Picture, int]:
    """The part of `picture` that a region names, and how far to the right it begins."""
    width = picture.shape[1]
    first = {"full": 0, "left": 0, "right": width // 2}[region]
    end = {"full": width, "left": width // 2, "right": width}[region]
    return picture[:, first:end], first


def in_pixels_of(view: Picture, small: Picture, faces: Sequence[Face]) -> list[Face]:
    """Faces of a picture that `shrink` gave, in the pixels of the view that it was made of."""
    x, y = view.shape[1] / small.shape[1], view.shape[0] / small.shape[0]
    return [_scale(face, x, y) for face in faces]


def crop_square(view: Picture, box: Box, margin: float, size_px: int) -> Picture:
    """A square of `size_px` around `box`, grown by `margin` of its longer side (half on each side).

    At the border the square is moved inside; a square larger than the view shrinks to it.
    """
    height, width = view.shape[:2]
    left, top, right, bottom = box
    side = round(max(right - left, bottom - top) * (1 + margin))
    side = max(1, min(side, height, width))
    x = min(max(round((left + right - side) / 2), 0), width - side)
    y = min(max(round((top + bottom - side) / 2), 0), height - side)
    square = view[y : y + side, x : x + side]
    how = cv2.INTER_AREA if side > size_px else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(square, (size_px, size_px), interpolation=how), dtype=np.uint8)


def crop_box(view: Picture, box: Box, margin: float, size_px: int) -> Picture:
    """The box itself, grown by `margin` of its sides (half on each), cut at the border, stretched.

    The crop is a square of `size_px`, whatever the proportions of the box.
    """
    height, width = view.shape[:2]
    left, top, right, bottom = box
    grown_x, grown_y = (right - left) * margin / 2, (bottom - top) * margin / 2
    x = min(max(round(left - grown_x), 0), width - 1)
    y = min(max(round(top - grown_y), 0), height - 1)
    end_x = min(max(round(right + grown_x), x + 1), width)
    end_y = min(max(round(bottom + grown_y), y + 1), height)
    cut = view[y:end_y, x:end_x]
    how = cv2.INTER_AREA if min(cut.shape[:2]) > size_px else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(cut, (size_px, size_px), interpolation=how), dtype=np.uint8)


def shrink(view: Picture, width_px: int) -> Picture:
    """A view of at most that width."""
    height, width = view.shape[:2]
    if width <= width_px:
        return view
    size = (width_px, max(1, round(height * width_px / width)))
    return np.asarray(cv2.resize(view, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _scale(face: Face, x: float, y: float) -> Face:
    """Back to the pixels of the view. Whole pixels: the last bits of a detector do not count."""
    left, top, right, bottom = face.box
    return Face(
        (round(left * x), round(top * y), round(right * x), round(bottom * y)), face.confidence
    )
