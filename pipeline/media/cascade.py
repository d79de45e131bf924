"""The cascade of MTCNN (Zhang et al. 2016): proposals, refinement, output, each a small network.

Written for one picture at a time on one core, with the networks of facenet-pytorch. Against that
library's own loop over a batch: pictures and patches are shrunk by OpenCV, networks run channels
last, and a candidate that lies wholly outside of the picture is dropped instead of an IndexError.
The conventions are those that the published weights were trained with: cells of 12 pixels every 2,
pixels counted from 1, borders of boxes included.

Boxes are rows (left, top, right, bottom), N candidates, float32.
"""

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torchvision.ops import nms

from pipeline.media.arrays import Picture

Boxes = NDArray[np.float32]
Scores = NDArray[np.float32]

CELL_PX, STRIDE_PX = 12, 2
SCALE_STEP = 0.709  # from one level of the pyramid to the next: half the area
PROPOSE, REFINE, OUTPUT = range(3)
INPUT_PX = (CELL_PX, 24, 48)
THRESHOLDS = (0.6, 0.7, 0.7)
OVERLAP_IN_LEVEL, OVERLAP = 0.5, 0.7


class Cascade:
    """Callable: a picture -> its faces (N, 4) and confidences (N,)."""

    def __init__(
        self, propose: nn.Module, refine: nn.Module, output: nn.Module, device: torch.device
    ) -> None:
        # Channels last: a tenth faster on a CPU.
        self._networks = [
            network.eval().to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
            for network in (propose, refine, output)
        ]
        self._device = device

    def __call__(self, picture: Picture, min_face_px: int) -> tuple[Boxes, Scores]:
        """Faces of at least about `min_face_px`, in the order of their confidence."""
        boxes = self._propose(picture, min_face_px)
        boxes, _ = self._judge(REFINE, picture, _squares(boxes))
        boxes, scores = self._judge(OUTPUT, picture, _squares(boxes))
        return boxes, scores

    def _propose(self, picture: Picture, min_face_px: int) -> Boxes:
        """Boxes (N, 4) where the first network sees a face at some level of the pyramid."""
        scales = scales_of(picture.shape[0], picture.shape[1], min_face_px)
        levels = [self._level(picture, scale) for scale in scales]
        if not levels:
            return np.empty((0, 4), np.float32)
        boxes, scores, shifts = (np.concatenate(part) for part in zip(*levels, strict=True))
        kept = _suppress(boxes, scores, OVERLAP)
        return _moved(boxes[kept], shifts[kept], 0)

    def _level(self, picture: Picture, scale: float) -> tuple[Boxes, Scores, Boxes]:
        """Boxes, scores and shifts of one level."""
        height, width = picture.shape[:2]
        size = (int(width * scale + 1), int(height * scale + 1))
        shrunk = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        shifts, scores = self._run(PROPOSE, shrunk[None])
        rows, columns = np.nonzero(scores[0, 1] >= THRESHOLDS[PROPOSE])
        corner = STRIDE_PX * np.stack([columns, rows], axis=1).astype(np.float32)
        boxes = np.floor(np.hstack([corner + 1, corner + CELL_PX]) / np.float32(scale))
        found = scores[0, 1][rows, columns]
        kept = _suppress(boxes, found, OVERLAP_IN_LEVEL)
        return boxes[kept], found[kept], shifts[0][:, rows, columns].T[kept]

    def _judge(self, stage: int, picture: Picture, boxes: Boxes) -> tuple[Boxes, Scores]:
        """The candidates that a later network takes for faces, moved as it says."""
        boxes, patches = _patches(picture, boxes, INPUT_PX[stage])
        if not len(boxes):
            return boxes, np.empty(0, np.float32)
        shifts, *_, chances = self._run(stage, patches)
        scores = chances[:, 1]
        passed = scores > THRESHOLDS[stage]
        boxes, scores, shifts = boxes[passed], scores[passed], shifts[passed]
        if stage == REFINE:
            kept = _suppress(boxes, scores, OVERLAP)
            return _moved(boxes[kept], shifts[kept], 1), scores[kept]
        boxes = _moved(boxes, shifts, 1)
        kept = suppress_inner(boxes, scores, OVERLAP)
        return boxes[kept], scores[kept]

    def _run(self, stage: int, pictures: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        """Pictures (N, H, W, 3) through one network."""
        x = torch.from_numpy(pictures).to(self._device).permute(0, 3, 1, 2).float()
        x = ((x - 127.5) / 128).contiguous(memory_format=torch.channels_last)
        with torch.inference_mode():
            return [part.cpu().numpy() for part in self._networks[stage](x)]


def scales_of(height: int, width: int, min_face_px: int) -> list[float]:
    """Levels at which a face of some size fits a cell, until the picture is smaller than one."""
    scales = []
    scale = CELL_PX / min_face_px
    while min(height, width) * scale >= CELL_PX:
        scales.append(scale)
        scale *= SCALE_STEP
    return scales


def _patches(picture: Picture, boxes: Boxes, size_px: int) -> tuple[Boxes, NDArray[np.uint8]]:
    """What of each box lies in the picture, at one size (N, size, size, 3); none: box dropped."""
    height, width = picture.shape[:2]
    left, top, right, bottom = np.trunc(boxes).astype(int).T
    left, top = np.maximum(left, 1) - 1, np.maximum(top, 1) - 1
    right, bottom = np.minimum(right, width), np.minimum(bottom, height)
    inside = (right > left) & (bottom > top)
    patches = [
        cv2.resize(picture[y:y_end, x:x_end], (size_px, size_px), interpolation=cv2.INTER_AREA)
        for x, y, x_end, y_end in zip(
            left[inside], top[inside], right[inside], bottom[inside], strict=True
        )
    ]
    stacked = np.stack(patches) if patches else np.empty((0, size_px, size_px, 3), np.uint8)
    return boxes[inside], stacked


def _squares(boxes: Boxes) -> Boxes:
    """Squares of the longer side around the same centres."""
    sides = boxes[:, 2:] - boxes[:, :2]
    longer = sides.max(axis=1, keepdims=True)
    corner = boxes[:, :2] + sides / 2 - longer / 2
    return np.hstack([corner, corner + longer])


def _moved(boxes: Boxes, shifts: Boxes, border: int) -> Boxes:
    """Each side moved by its share of the box's own width or height."""
    sides = boxes[:, 2:] - boxes[:, :2] + border
    return boxes + shifts * np.hstack([sides, sides])


def _suppress(boxes: Boxes, scores: Scores, overlap: float) -> NDArray[np.int64]:
    """Indices that stay when better boxes drop those that they overlap; the best first."""
    kept = nms(torch.from_numpy(boxes).float(), torch.from_numpy(scores), overlap)
    return np.asarray(kept.numpy())


def suppress_inner(boxes: Boxes, scores: Scores, overlap: float) -> NDArray[np.int64]:
    """The same by the shared part of the smaller box: a face inside of a face is dropped."""
    kept: list[int] = []
    for index in np.argsort(-scores, kind="stable"):
        if (_shared(boxes[index], boxes[kept]) <= overlap).all():
            kept.append(int(index))
    return np.array(kept, dtype=np.int64)


def _shared(box: Boxes, others: Boxes) -> Scores:
    """Intersection over the smaller of a box (4,) and each of others (N, 4)."""
    sides = np.minimum(box[2:], others[:, 2:]) - np.maximum(box[:2], others[:, :2]) + 1
    area, areas = (np.prod(of[..., 2:] - of[..., :2] + 1, axis=-1) for of in (box, others))
    shared: Scores = np.prod(np.maximum(sides, 0), axis=1) / np.minimum(area, areas)
    return shared
