"""Two ways through MTCNN's cascade on the same pictures, and what makes a tie of two faces."""

import cv2
import numpy as np
import torch
from facenet_pytorch.models.mtcnn import ONet, PNet, RNet

from demo.actor import HEIGHT_PX, WIDTH_PX, cast
from demo.moods import EXPRESSIONS
from demo.warp import express
from pipeline.media.batched_cascade import BatchedCascade
from pipeline.media.cascade import Cascade

CPU = torch.device("cpu")
MIN_FACE_PX = 40
ROUNDING = 1e-5  # of what a network answers: layers of sums of up to 1,152 products in float32
N_JITTERS = 30


def one_by_one(device=CPU):
    return Cascade(PNet(), RNet(), ONet(), device)


def in_batches(device=CPU):
    return BatchedCascade(PNet(), RNet(), ONet(), device)


def demo_pictures():
    """The demo's actors in all moods, as the detector sees halves of its frames: 360 x 480."""
    pictures = []
    for session in range(1, 6):
        for letter in "FM":
            actor = cast(letter, session)
            for number, expression in enumerate(EXPRESSIONS.values()):
                half = np.zeros((480, 360, 3), np.uint8)
                shown = express(actor.picture, actor.face, expression)
                half[112 : 112 + HEIGHT_PX] = shown[number:, number * 2 :][:HEIGHT_PX, :WIDTH_PX]
                pictures.append(half)
    return pictures


def crowds(portraits, n=24):
    """Portraits of many sizes, cut at the borders, over each other and over noise: 480 x 270."""
    rng = np.random.default_rng(5)
    pictures = []
    for _ in range(n):
        picture = cv2.GaussianBlur(rng.integers(0, 256, (270, 480, 3), np.uint8), (0, 0), 3)
        for _ in range(4):
            side = int(rng.integers(50, 260))
            portrait = cv2.resize(portraits[rng.integers(2)], (side, side))
            x, y = int(rng.integers(-side // 2, 480 - side // 2)), int(rng.integers(-40, 200))
            part = portrait[max(0, -y) : 270 - y, max(0, -x) : 480 - x]
            picture[max(0, y) : y + side, max(0, x) : x + side] = part
        pictures.append(picture)
    return pictures


def batches_of(cascade, pictures, n=32):
    found = []
    for start in range(0, len(pictures), n):
        found += cascade(pictures[start : start + n], MIN_FACE_PX)
    return found


def are_same(found, wanted, box_px=0.5, score=1e-3):
    """The same faces, boxes to `box_px`."""
    (boxes, scores), (wanted_boxes, wanted_scores) = found, wanted
    return (
        boxes.shape == wanted_boxes.shape
        and np.abs(boxes - wanted_boxes).max(initial=0) <= box_px
        and np.abs(scores - wanted_scores).max(initial=0) <= score
    )


def is_tied(cascade, picture, found):
    """Whether rounding alone leads the cascade from a picture to the faces that were found."""
    return any(
        are_same(found, _jittered(cascade, seed)(picture, MIN_FACE_PX)) for seed in range(N_JITTERS)
    )


class _Jittered(Cascade):
    """The same cascade, the answers of its networks off by rounding."""

    def __init__(self, cascade, seed):
        self._networks, self._device = cascade._networks, cascade._device
        self._rng = np.random.default_rng(seed)

    def _run(self, stage, pictures):
        return [
            (part * (1 + ROUNDING * self._rng.uniform(-1, 1, part.shape))).astype(np.float32)
            for part in super()._run(stage, pictures)
        ]


def _jittered(cascade, seed):
    return _Jittered(cascade, seed)
