"""From the stored picture to the one that players show: pixel aspect ratio and display matrix.

A display matrix turns and mirrors (cameras held sideways, front cameras); pixels need not be square
(PAL, HDV). The width follows the aspect of a pixel and the height stays, as ffplay has it; what the
container says of the aspect counts before what the codec says.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from av.sidedata.sidedata import SideDataContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from pipeline.media.arrays import Picture

SQUARE = Fraction(1)
MAX_ASPECT = 16  # of a pixel, or its inverse; no camera has more than 2, a damaged header may


@dataclass(frozen=True)
class Orientation:
    """Which axis of the stored picture runs where: one of eight."""

    is_transposed: bool = False  # first of all
    is_flipped_x: bool = False
    is_flipped_y: bool = False

    @property
    def is_mirrored(self) -> bool:
        """True if left and right are exchanged in the stored picture, before it is turned."""
        return (self.is_transposed + self.is_flipped_x + self.is_flipped_y) % 2 == 1

    @property
    def rotation_deg(self) -> int:
        """Counterclockwise turn that follows the mirroring, in whole quarters."""
        quarter = 90 if self.is_transposed else 0
        return quarter + (180 if self._is_half_more else 0)

    @property
    def _is_half_more(self) -> bool:
        # Transposed and flipped upside down is a quarter counterclockwise; see np.rot90.
        if self.is_transposed:
            return self.is_flipped_x
        return self.is_flipped_y

    def apply(self, picture: Picture) -> Picture:
        """The picture as shown."""
        if self.is_transposed:
            picture = picture.transpose(1, 0, 2)
        rows = slice(None, None, -1 if self.is_flipped_y else 1)
        columns = slice(None, None, -1 if self.is_flipped_x else 1)
        return np.ascontiguousarray(picture[rows, columns])


def orientation_of(frame: VideoFrame) -> Orientation:
    """The orientation that the display matrix of a frame asks for, to the nearest of eight."""
    # Not `frame.side_data`: that is kept by the frame that it keeps, so that pictures of many MB
    # would wait for the collector of circles, hundreds of them.
    found = SideDataContainer(frame)  # type: ignore[call-arg]  # its stub has no constructor
    matrix: Any = found.get("DISPLAYMATRIX")  # a buffer, which its type does not say
    if matrix is None:
        return Orientation()
    numbers: list[int] = np.frombuffer(matrix, np.int32).tolist()
    return nearest_orientation(numbers)


def nearest_orientation(matrix: Sequence[int]) -> Orientation:
    """[a, b, u, c, d, v, ...] of ISO/IEC 14496-12: (x, y) is shown at (ax + cy, bx + dy)."""
    a, b, _, c, d = matrix[:5]
    if abs(b) + abs(c) > abs(a) + abs(d):
        return Orientation(True, c < 0, b < 0)
    return Orientation(False, a < 0, d < 0)


def pixel_aspect(stream: VideoStream) -> Fraction:
    """Width of a pixel over its height; 1 where nobody says, or says what cannot be."""
    said = stream.sample_aspect_ratio or stream.codec_context.sample_aspect_ratio
    if not said or not Fraction(1, MAX_ASPECT) <= said <= MAX_ASPECT:
        return SQUARE
    return Fraction(said)


def square_size(frame: VideoFrame, aspect: Fraction) -> tuple[int, int]:
    """Width and height of the stored picture in square pixels."""
    return max(1, round(frame.width * aspect)), frame.height
