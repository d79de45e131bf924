"""A video of bright squares, and a detector of them: it is known what is to be found."""

import math

import cv2
import numpy as np

from pipeline.features.faces.cropping import FaceCropper
from pipeline.features.faces.utterance_crops import CropJob
from pipeline.media.damage import Damage
from pipeline.media.faces import Face

WIDTH, HEIGHT = 320, 128
INF = math.inf


class BrightSquares:
    """A detector of squares that are brighter than 128."""

    def detect(self, pictures):
        return [self._detect(picture) for picture in pictures]

    def _detect(self, picture):
        bright = (picture.min(axis=2) > 128).astype(np.uint8)
        _, _, stats, _ = cv2.connectedComponentsWithStats(bright)
        return [
            Face((float(x), float(y), float(x + w), float(y + h)), 0.99)
            for x, y, w, h, area in stats[1:]
            if area > 100
        ]


def scene(number):
    """A large square on the left that is gone from frame 25 on, a small one on the right."""
    picture = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    if number < 25:
        picture[40:88, 16 + number : 64 + number] = 255
    picture[48:80, 240:272] = 255
    return picture


def cropper(**options):
    given = {"which_face": "single", "fps": 5.0, "detect_width_px": 640, "margin": 0.0,
             "size_px": 32}  # fmt: skip
    return FaceCropper(detector=BrightSquares(), **{**given, **options})


def job_of(number, start_s, end_s, region="full"):
    return CropJob(f"{number:0>64}", start_s, end_s, region)


def crop(path, jobs, cache, damage=None, **options):
    found = cropper(**options).crop(path, jobs, cache.writing, damage or Damage())
    return {jobs.index(job): record for job, record in found}


def contents(cache):
    return {path.name: path.read_bytes() for path in cache.root.rglob("*.zip")}
