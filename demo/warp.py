"""Bend a resting face into an expression, and part its lips.

Both are backward maps for `cv2.remap`: for each pixel of the result, where in the source to look.
Coordinates are canvas pixels (x, y), y downward; lengths of `Expression` are in eye distances.
"""

import math
from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from demo.actor import DrawnFace
from demo.moods import Expression
from demo.portraits import Image, Point

Array = NDArray[np.float32]
CAVITY_RGB = np.array([52, 18, 20], np.float32)
LIP_LINE = 0.02  # eye distances; closed lips keep this dark line
JAW = 0.35  # eye distances below the chin where the jaw's movement has died away
REACH = 0.24  # eye distances; how far the pull on a landmark spreads
LID_REACH = 0.13


def part_lips(picture: Image, face: DrawnFace, opening: float) -> Image:
    """Part the lips by `opening` eye distances, 0 = closed. Teeth, if any, hang from above."""
    (x0, y0), (x1, y1) = face.mouth_corners
    look_x, look_y = _grid(picture)
    hollow = np.zeros_like(look_x)
    for x in range(math.ceil(x0), math.floor(x1) + 1):
        bulge = 1 - ((2 * x - x0 - x1) / (x1 - x0)) ** 2
        corner_y = y0 + (y1 - y0) * (x - x0) / (x1 - x0)
        lips = np.array([corner_y + bulge * y for y in face.lips])
        gap = max(opening, LIP_LINE) * face.unit * bulge
        look_y[:, x], hollow[:, x] = _part_column(look_y[:, x], face, lips, gap)
    moved = cv2.remap(picture, look_x, look_y, cv2.INTER_LINEAR).astype(np.float32)
    depth = cv2.GaussianBlur(hollow, (0, 0), 0.012 * face.unit)[..., None]
    return np.asarray((moved * (1 - depth) + CAVITY_RGB * depth).round(), np.uint8)


def _part_column(rows: Array, face: DrawnFace, lips: Array, gap: float) -> tuple[Array, Array]:
    """One column of the map: source row of every row, and which rows look into the mouth.

    `lips`: rows of the upper lip's top and lower edge, the lower lip's upper edge and bottom.
    """
    top, upper, lower, bottom = lips
    closed = 0.4 * upper + 0.6 * lower
    new_upper, new_lower = closed - 0.25 * gap, closed + 0.75 * gap
    end = face.chin_y + JAW * face.unit

    above = np.interp(
        rows, [face.nose_y, top + new_upper - upper, new_upper], [face.nose_y, top, upper]
    )
    below = np.interp(rows, [new_lower, bottom + new_lower - lower, end], [lower, bottom, end])
    inside = np.minimum(upper + rows - new_upper, lower)

    parted = [rows < face.nose_y, rows <= new_upper, rows < new_lower, rows <= end]
    look = np.select(parted, [rows, above, inside, below], rows)
    hollow = (rows > new_upper + lower - upper) & (rows < new_lower)
    return look.astype(np.float32), hollow.astype(np.float32)


def express(picture: Image, face: DrawnFace, expression: Expression) -> Image:
    """Pull the landmarks, move the head, change the light."""
    look_x, look_y = _turn_head(picture, face, expression)
    x, y = look_x.copy(), look_y.copy()
    for (at_x, at_y), (dx, dy), reach in _pulls(face, expression + face.rest):
        to_x, to_y, spread = at_x + dx, at_y + dy, 2 * (reach * face.unit) ** 2
        weight = np.exp(-((x - to_x) ** 2 + (y - to_y) ** 2) / spread)
        look_x -= dx * weight
        look_y -= dy * weight
    bent = cv2.remap(picture, look_x, look_y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101)
    return np.asarray(cv2.convertScaleAbs(bent, alpha=1 + expression.brightness), np.uint8)


def _pulls(face: DrawnFace, e: Expression) -> Iterator[tuple[Point, Point, float]]:
    """Landmark, its displacement in pixels, and the reach of the pull."""
    for side, outward in ((0, -1), (1, 1)):
        eye_x, eye_y = face.eyes[side]
        lid = 0.09 * face.unit
        for at, right, up, reach in (
            (face.mouth_corners[side], outward * e.corners_out, e.corners_up, REACH),
            (face.inner_brows[side], outward * e.brows_apart, e.inner_brows_up, REACH),
            (face.outer_brows[side], 0.0, e.outer_brows_up, REACH),
            ((eye_x, eye_y - lid), 0.0, e.upper_lids_up, LID_REACH),
            ((eye_x, eye_y + lid), 0.0, e.lower_lids_up, LID_REACH),
        ):
            yield at, (right * face.unit, -up * face.unit), reach


def _turn_head(picture: Image, face: DrawnFace, expression: Expression) -> tuple[Array, Array]:
    """Tilt about the chin and nod, most in the middle of the picture and not at its border."""
    x, y = _grid(picture)
    middle = (face.eyes[0][0] + face.eyes[1][0]) / 2
    angle = math.radians(expression.head_tilt_deg)
    from_x, from_y = x - middle, y - face.chin_y
    turned_x = math.cos(angle) * from_x + math.sin(angle) * from_y
    turned_y = -math.sin(angle) * from_x + math.cos(angle) * from_y
    spread = 2 * (1.6 * face.unit) ** 2
    weight = np.exp(-(from_x**2 + (from_y + face.unit) ** 2) / spread)
    down = expression.head_down * face.unit
    return (
        (x + weight * (turned_x - from_x)).astype(np.float32),
        (y + weight * (turned_y - from_y - down)).astype(np.float32),
    )


def turn_away(picture: Image, face: DrawnFace) -> Image:
    """Show the back of the head: hair where the face was."""
    middle = (face.eyes[0][0] + face.eyes[1][0]) / 2
    center = (round(middle), round(face.nose_y - 0.35 * face.unit))
    axes = (round(1.15 * face.unit), round(1.45 * face.unit))
    head = np.zeros(picture.shape[:2], np.float32)
    cv2.ellipse(head, center, axes, 0, 0, 360, 1.0, cv2.FILLED)
    head = cv2.GaussianBlur(head, (0, 0), 0.06 * face.unit)[..., None]
    strands = np.random.default_rng(0).normal(size=picture.shape[:2]).astype(np.float32)
    strands = cv2.GaussianBlur(strands, (0, 0), sigmaX=1.2, sigmaY=14.0)
    hair = np.array(face.hair_rgb) * (1 + 2.0 * strands[..., None])
    return np.asarray(np.clip(picture * (1 - head) + hair * head, 0, 255).round(), np.uint8)


def _grid(picture: Image) -> tuple[Array, Array]:
    height, width = picture.shape[:2]
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    return x, y
