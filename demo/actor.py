"""An actor: a portrait made up for one session, in the size of half a split screen (reading.md
D.1).

Lengths in pixels of the canvas, which is the active picture of one half with a margin all round,
so that the head can sway. Five sessions have ten actors; the letter picks the portrait.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from demo.portraits import PORTRAITS, Image, Landmarks, Point, Portrait, Sitter, load_portrait

WIDTH_PX, HEIGHT_PX = 360, 256  # active picture of one half
MARGIN_PX = 8
CANVAS_PX = (WIDTH_PX + 2 * MARGIN_PX, HEIGHT_PX + 2 * MARGIN_PX)
SITTERS: dict[str, Sitter] = {"F": "collins", "M": "hopper"}


@dataclass(frozen=True)
class Look:
    """What distinguishes the actors of one session: size, mirror, light."""

    scale: float
    is_mirrored: bool
    gains: tuple[float, float, float]  # RGB
    gamma: float


LOOKS = (
    Look(scale=1.00, is_mirrored=False, gains=(1.00, 1.00, 1.00), gamma=1.0),
    Look(scale=1.06, is_mirrored=True, gains=(1.05, 0.98, 0.88), gamma=1.1),
    Look(scale=0.94, is_mirrored=False, gains=(0.90, 0.98, 1.06), gamma=0.9),
    Look(scale=1.02, is_mirrored=True, gains=(0.96, 1.04, 0.95), gamma=1.0),
    Look(scale=0.97, is_mirrored=True, gains=(1.04, 0.94, 1.00), gamma=0.85),
)


@dataclass(frozen=True, kw_only=True)
class DrawnFace(Landmarks):
    """Landmarks on the canvas, and the distance of the eyes there."""

    unit: float


@dataclass(frozen=True)
class Actor:
    """A picture of a resting face and its landmarks."""

    picture: Image  # (HEIGHT + 2 MARGIN, WIDTH + 2 MARGIN, 3)
    face: DrawnFace


def cast(letter: str, session: int) -> Actor:
    """The actor who plays `letter` in `session` (1 to 5)."""
    portrait = PORTRAITS[SITTERS[letter]]
    look = LOOKS[(session - 1) % len(LOOKS)]
    scale = look.scale * portrait.eye_distance_px / float(np.subtract(*portrait.eyes[::-1])[0])

    to_canvas = np.array(
        [
            [scale, 0, CANVAS_PX[0] / 2 - scale * portrait.center[0]],
            [0, scale, CANVAS_PX[1] / 2 - scale * portrait.center[1]],
        ]
    )
    if look.is_mirrored:
        to_canvas[0] = np.array([0, 0, CANVAS_PX[0] - 1]) - to_canvas[0]

    picture = cv2.warpAffine(
        load_portrait(portrait),
        to_canvas,
        CANVAS_PX,
        flags=cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA,
        borderMode=cv2.BORDER_REFLECT_101,
    )
    return Actor(_light(np.asarray(picture, np.uint8), look), _place(portrait, to_canvas, scale))


def _light(picture: Image, look: Look) -> Image:
    levels = (np.arange(256) / 255.0) ** look.gamma * 255.0
    table = levels[:, None] * np.array(look.gains)
    return np.asarray(cv2.LUT(picture, np.clip(table, 0, 255).astype(np.uint8)[None]), np.uint8)


def _place(portrait: Portrait, to_canvas: NDArray[np.float64], scale: float) -> DrawnFace:
    def place(pair: tuple[Point, Point]) -> tuple[Point, Point]:
        moved = (np.array(pair) @ to_canvas[:, :2].T + to_canvas[:, 2]).tolist()
        left, right = sorted((x, y) for x, y in moved)
        return left, right

    top, upper, lower, bottom = portrait.lips
    return DrawnFace(
        eyes=place(portrait.eyes),
        inner_brows=place(portrait.inner_brows),
        outer_brows=place(portrait.outer_brows),
        mouth_corners=place(portrait.mouth_corners),
        lips=(scale * top, scale * upper, scale * lower, scale * bottom),
        nose_y=float(scale * portrait.nose_y + to_canvas[1, 2]),
        chin_y=float(scale * portrait.chin_y + to_canvas[1, 2]),
        unit=float(scale * (portrait.eyes[1][0] - portrait.eyes[0][0])),
        hair_rgb=portrait.hair_rgb,
        rest=portrait.rest,
    )
