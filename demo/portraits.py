"""Two portraits in the public domain, and where their features lie.

Grace Hopper (US Navy photograph; ships with matplotlib) and Eileen Collins (NASA photograph;
ships with scikit-image). Pixels (x, y) of the original files, measured by hand once. Both show
women: which letter, F or M, a portrait plays follows the corpus layout, not the person.
"""

from dataclasses import dataclass
from importlib import resources
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from demo.moods import Expression

Image = NDArray[np.uint8]  # (height, width, 3) RGB
Point = tuple[float, float]
Sitter = Literal["hopper", "collins"]


@dataclass(frozen=True, kw_only=True)
class Landmarks:
    """Where the features of a face lie; pairs are (left, right) of the picture, not the person.

    `lips` are heights below the line between the corners, at the middle of the mouth: top of the
    upper lip, its lower edge, upper edge of the lower lip, its bottom.
    """

    eyes: tuple[Point, Point]
    inner_brows: tuple[Point, Point]
    outer_brows: tuple[Point, Point]
    mouth_corners: tuple[Point, Point]
    lips: tuple[float, float, float, float]
    nose_y: float
    chin_y: float
    hair_rgb: tuple[int, int, int]
    rest: Expression  # what makes this face look neutral


@dataclass(frozen=True, kw_only=True)
class Portrait(Landmarks):
    """A picture with its landmarks."""

    package: str
    file: str
    center: Point  # of what is shown
    eye_distance_px: float  # in the finished picture


PORTRAITS: dict[Sitter, Portrait] = {
    "hopper": Portrait(
        package="matplotlib",
        file="mpl-data/sample_data/grace_hopper.jpg",
        center=(266.0, 228.0),
        eyes=((222.0, 190.0), (305.0, 187.0)),
        inner_brows=((242.0, 168.0), (284.0, 167.0)),
        outer_brows=((198.0, 166.0), (332.0, 160.0)),
        mouth_corners=((228.0, 279.0), (311.0, 278.0)),
        lips=(-8.0, 1.5, 1.5, 16.0),
        nose_y=252.0,
        chin_y=326.0,
        eye_distance_px=64.0,
        hair_rgb=(128, 120, 112),
        rest=Expression(),
    ),
    "collins": Portrait(
        package="skimage",
        file="data/astronaut.png",
        center=(224.0, 118.0),
        eyes=((203.0, 101.0), (246.0, 103.0)),
        inner_brows=((212.0, 92.0), (239.0, 93.5)),
        outer_brows=((192.0, 90.0), (260.0, 94.0)),
        mouth_corners=((203.0, 140.0), (246.0, 139.0)),
        lips=(-0.5, 3.5, 9.0, 15.0),
        nose_y=133.0,
        chin_y=176.0,
        eye_distance_px=70.0,
        hair_rgb=(122, 96, 52),
        rest=Expression(corners_up=-0.14, corners_out=-0.10),
    ),
}


def load_portrait(portrait: Portrait) -> Image:
    """Read the picture out of the package that ships it."""
    data = resources.files(portrait.package).joinpath(portrait.file).read_bytes()
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
    if picture is None:
        raise ValueError(f"{portrait.package}: {portrait.file} is not a picture that OpenCV reads")
    return np.asarray(picture, np.uint8)
