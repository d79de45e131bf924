"""How much a mouth moves, beyond what the head does: one face followed through successive frames.

The face is scaled to a grey square of SIDE pixels, with a border around it. Its lower part is laid
upon what was there before, where it correlates best within that border, so that a head that nods or
sways moves no mouth; what still changes in the cells around the lips, between 0.8 and 4 times a
second or so, is the mouth's motion. The same changes around eyes and nose, laid upon each other by
the upper part, say how well this can be told: a head that turns changes everything. Mouth pixels
against those of the frame before, after alignment, are what Everingham, Sivic and Zisserman tell
speakers by ("Hello! My name is... Buffy", 2006).

Nothing is kept but four numbers for each frame.
"""

import math
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.media.arrays import Picture
from pipeline.media.faces import Box

Grey = NDArray[np.float32]  # levels 0 to 255
Part = tuple[slice, slice]  # rows, columns

SIDE = 64
BORDER = 6  # pixels on each side, the farthest that a face moves in its box between two frames
UPPER: Part = (slice(6, 36), slice(6, 58))  # forehead to nose
LOWER: Part = (slice(30, 64), slice(8, 56))  # nose to chin
LIPS: Part = (slice(40, 62), slice(16, 48))
CELLS = 16  # of a side: detail below a cell is noise
MOUTH_CELLS: Part = (slice(10, 16), slice(4, 12))
EYE_CELLS: Part = (slice(2, 9), slice(2, 14))
NOSE_CELLS: Part = (slice(6, 10), slice(4, 12))

FAST_S, SLOW_S = 0.04, 0.2  # time constants of what is too fast for a mouth, and too slow
MEMORY_S = 0.18  # of what a face is laid upon
FLAT = 5.0  # levels: contrast of a picture that shows nothing
SAME_FACE = 0.6  # correlation of two successive squares: less is a cut, or somebody else
STEADY_PLACE, STEADY_SIZE = 0.7, 3.0  # looks of the detector over which boxes are averaged
MOST_APART_S = 0.25  # of two frames whose difference is motion


@dataclass
class Mouth:
    """One face while it is seen without a break: what it does, frame by frame."""

    times_s: list[float] = field(default_factory=list)
    motion: list[float] = field(default_factory=list)  # mean square around the lips, in contrasts
    rest: list[float] = field(default_factory=list)  # around eyes or nose, whichever is greater
    change: list[float] = field(default_factory=list)  # of the lips, from the frame before

    def covers(self, time_s: float) -> bool:
        """Whether the face was followed at that time."""
        return bool(self.times_s) and self.times_s[0] <= time_s <= self.times_s[-1]


class MouthWatch:
    """Follows the face of one person; `mouths` are its unbroken pieces."""

    def __init__(self) -> None:
        self.mouths: list[Mouth] = []
        self._last: Grey | None = None
        self._last_s = -math.inf

    def look(self, picture: Picture, box: Box, time_s: float) -> None:
        """Take the next frame, in which the face has `box`."""
        self._take(square_of(picture, box), time_s)

    def _take(self, face: Grey, time_s: float) -> None:
        dt_s = time_s - self._last_s
        if self._last is None or dt_s > MOST_APART_S or _likeness(face, self._last) < SAME_FACE:
            self.mouths.append(Mouth())
            self._lower, self._upper = _Steady(LOWER), _Steady(UPPER)
            self._lips: Grey | None = None
            dt_s = 0.0

        self._last, self._last_s = face, time_s
        lower, upper = self._lower.next(face, dt_s), self._upper.next(face, dt_s)
        lips = self._lower.shown[LIPS]
        change = 0.0 if self._lips is None else float(np.abs(lips - self._lips).mean())
        self._lips = lips

        mouth = self.mouths[-1]
        mouth.times_s.append(time_s)
        mouth.motion.append(_power(lower, MOUTH_CELLS))
        mouth.rest.append(max(_power(upper, EYE_CELLS), _power(upper, NOSE_CELLS)))
        mouth.change.append(change)


class _Steady:
    """A face laid upon itself by one part of it, and what changes in it at a mouth's pace."""

    def __init__(self, part: Part) -> None:
        self._part = part
        self._model: Grey | None = None
        self.shown: Grey = np.zeros((SIDE, SIDE), np.float32)  # the last face, laid, in contrasts

    def next(self, face: Grey, dt_s: float) -> Grey:
        """(CELLS, CELLS) what is new in the next face, `dt_s` after the one before."""
        laid = _moved(face, *self._shift(face))
        if self._model is None:
            self._model = laid
        self._model = self._model + _share(dt_s, MEMORY_S) * (laid - self._model)

        self.shown = (laid - laid.mean()) / (laid.std() + FLAT)
        cells = cv2.resize(self.shown, (CELLS, CELLS), interpolation=cv2.INTER_AREA)
        if dt_s == 0:
            self._fast = self._slow = cells
        self._fast = self._fast + _share(dt_s, FAST_S) * (cells - self._fast)
        self._slow = self._slow + _share(dt_s, SLOW_S) * (cells - self._slow)
        return np.asarray(self._fast - self._slow, np.float32)

    def _shift(self, face: Grey) -> tuple[float, float]:
        """How far, across and down, the part lies from where the model has it."""
        if self._model is None:
            return 0.0, 0.0
        rows, columns = self._part
        around = face[
            rows.start : rows.stop + 2 * BORDER, columns.start : columns.stop + 2 * BORDER
        ]
        likeness = cv2.matchTemplate(around, self._model[self._part], cv2.TM_CCOEFF_NORMED)
        _, _, _, (x, y) = cv2.minMaxLoc(likeness)
        return x + _peak(likeness[y], x) - BORDER, y + _peak(likeness[:, x], y) - BORDER


def _peak(values: Grey, place: int) -> float:
    """Where between its neighbours the greatest of some values lies, by a parabola: -0.5 to 0.5."""
    if not 0 < place < len(values) - 1:
        return 0.0
    before, here, after = map(float, values[place - 1 : place + 2])
    bend = before - 2 * here + after
    return 0.0 if bend >= 0 else min(max((before - after) / (2 * bend), -0.5), 0.5)


def square_of(picture: Picture, box: Box) -> Grey:
    """(SIDE + 2 BORDER,) twice: the face in `box` and what is around it, of any proportions.

    Smooth: a box that moves by parts of a pixel gives a square that does so.
    """
    height, width = picture.shape[:2]
    left, top, right, bottom = box
    step_x, step_y = (right - left) / SIDE, (bottom - top) / SIDE
    first_x, end_x = _inside(left - BORDER * step_x, right + BORDER * step_x, width)
    first_y, end_y = _inside(top - BORDER * step_y, bottom + BORDER * step_y, height)
    grey = cv2.cvtColor(picture[first_y:end_y, first_x:end_x], cv2.COLOR_RGB2GRAY)

    # Averaged to whole fractions first: a large face must not flicker by the pixels left out.
    fraction = max(1, round(min(step_x, step_y)))
    size = (max(1, round(grey.shape[1] / fraction)), max(1, round(grey.shape[0] / fraction)))
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA).astype(np.float32)

    x, y = size[0] / grey.shape[1], size[1] / grey.shape[0]
    at_x, at_y = (left - first_x) * x, (top - first_y) * y
    step_x, step_y = step_x * x, step_y * y
    at_x, at_y = at_x - BORDER * step_x, at_y - BORDER * step_y
    places = [[step_x, 0, at_x + (step_x - 1) / 2], [0, step_y, at_y + (step_y - 1) / 2]]
    return _warped(small, np.array(places), SIDE + 2 * BORDER)


def _inside(first: float, end: float, length: int) -> tuple[int, int]:
    """Whole pixels of a picture that hold a stretch of it, one more on each side."""
    start = min(max(int(first) - 1, 0), length - 1)
    return start, min(max(math.ceil(end) + 1, start + 1), length)


def _moved(face: Grey, x: float, y: float) -> Grey:
    """(SIDE, SIDE): the face itself, laid back by so much."""
    return _warped(face, np.array([[1, 0, BORDER + x], [0, 1, BORDER + y]]), SIDE)


def _warped(grey: Grey, places: NDArray[np.float64], side: int) -> Grey:
    """(side, side): what lies at the `places` (an affine map) of each pixel."""
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    moved = cv2.warpAffine(grey, places, (side, side), flags=how, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, np.float32)


def _share(dt_s: float, constant_s: float) -> float:
    """How much of a new value enters a running mean after `dt_s`."""
    return 1 - math.exp(-dt_s / constant_s)


def _power(cells: Grey, part: Part) -> float:
    return float((cells[part] ** 2).mean())


def _likeness(face: Grey, other: Grey) -> float:
    """Correlation of two squares; 1 where neither shows anything."""
    (a, b) = (face - face.mean(), other - other.mean())
    scale = float(np.sqrt((a**2).sum() * (b**2).sum()))
    return float((a * b).sum()) / scale if scale > FLAT else 1.0


def steadied(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, 4) boxes of a face in successive looks, without the unrest of the detector.

    A face keeps its size for longer than its place; where a box is off its place, the face is laid.
    """
    middle, size = (boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]
    middle, size = smoothed(middle, STEADY_PLACE), smoothed(size, STEADY_SIZE)
    return np.concatenate([middle - size / 2, middle + size / 2], axis=1)


def smoothed(values: NDArray[np.float64], steps: float) -> NDArray[np.float64]:
    """(n, ...) values averaged along the first axis by a Gaussian of so many steps' deviation."""
    from scipy.ndimage import gaussian_filter1d  # takes as long to load as all else of `crop_faces`

    return np.asarray(gaussian_filter1d(values, steps, axis=0, mode="nearest"))


def box_at(time_s: float, times_s: NDArray[np.float64], boxes: NDArray[np.float64]) -> Box:
    """Where a face is between two frames in which it was found; (n, 4) boxes."""
    left, top, right, bottom = (float(np.interp(time_s, times_s, side)) for side in boxes.T)
    return left, top, right, bottom
