"""Faces in pictures: where to look, how a detector is asked, and the square that is cut out.

Pictures are (height, width, 3) RGB uint8. Boxes are left, top, right, bottom in pixels of the shown
picture, right and bottom excluded; they may reach over its border, where a face does.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Literal, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.base.files import file_digest, text_digest
from pipeline.base.records import Region
from pipeline.config.yunet import YUNET_FILE, yunet_place

Picture = NDArray[np.uint8]
Box = tuple[float, float, float, float]
DetectorName = Literal["mtcnn", "yunet"]

# sha256 of what the wheel of facenet-pytorch 2.6.0 carries: anyone can upload a package.
MTCNN_WEIGHTS = {
    "pnet.pt": "a2a71925e0b9996a42f63e47efc1ca19043e69558b5c523b978d611dfae49c8f",
    "rnet.pt": "bbb937de72efc9ef83b186c49f5f558467a1d7e3453a8ece0d71a886633f6a86",
    "onet.pt": "165bfbe42940416ccfb977545cf0e976d5bf321f67083ae2aaaa5c764280118d",
}
# As the pointers of github.com/opencv/opencv_zoo, models/face_detection_yunet, state it.
YUNET_PUBLISHED = {
    YUNET_FILE: ("8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4"),
}


class DetectorError(ValueError):
    """A face detector cannot be used."""


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


class LazyDetector:
    """A detector that is opened when the first picture comes: a file without any needs none."""

    def __init__(self, opened: Callable[[], Detector]) -> None:
        self._open = opened
        self._detector: Detector | None = None
        self._lock = Lock()

    def detect(self, pictures: Sequence[Picture]) -> list[list[Face]]:
        """See `Detector`."""
        with self._lock:
            detector = self._detector = self._detector or self._open()
        return detector.detect(pictures)


def detector_digest(name: DetectorName, weights: str | None) -> str:
    """Digest of a detector's weights, which it does not load; raises DetectorError."""
    return text_digest(" ".join(map(file_digest, detector_files(name, weights))))


def detector_files(name: DetectorName, weights: str | None) -> list[Path]:
    """The files that a detector is made of; raises DetectorError."""
    if name == "mtcnn":
        return [mtcnn_folder() / weight for weight in MTCNN_WEIGHTS]
    return [yunet_file(weights)]


def open_detector(
    name: DetectorName,
    *,
    weights: str | None,
    min_face_px: int,
    min_confidence: float,
    device: str,
) -> Detector:
    """Load a detector; raises DetectorError where that cannot be.

    Its module is imported by name, so that crops hang on the code of their own detector only.
    """
    module = import_module(f"pipeline.media.{name}")  # sections.faces.detector_module
    detector: Detector = module.build(weights, min_face_px, min_confidence, device)
    return detector


def mtcnn_folder() -> Path:
    """The folder with MTCNN's weights, which ship in the wheel of facenet-pytorch."""
    wheel = find_spec("facenet_pytorch")
    folders = wheel.submodule_search_locations if wheel else None
    folder = Path(folders[0], "data") if folders else Path("facenet_pytorch")
    if not all((folder / weight).is_file() for weight in MTCNN_WEIGHTS):
        raise DetectorError(f"{folder} lacks the weights of MTCNN: install requirements.lock")
    for weight, known in MTCNN_WEIGHTS.items():
        _check_known(folder / weight, known, "install requirements.lock")
    return folder


def yunet_file(weights: str | None) -> Path:
    """The model file of YuNet, which is fetched or given."""
    path = yunet_place(weights)
    if not path.is_file():
        raise DetectorError(
            f"crop_faces.weights={weights!r} is no file: `detector: yunet` needs the path of "
            "face_detection_yunet_2023mar.onnx from https://github.com/opencv/opencv_zoo "
            "(`make weights` fetches it); `detector: mtcnn` needs no file"
        )
    if path.name in YUNET_PUBLISHED:
        _check_known(path, YUNET_PUBLISHED[path.name], "fetch it again (git-lfs pull)")
    return path


def _check_known(path: Path, known: str, way_out: str) -> None:
    found = file_digest(path)
    if found != known:
        raise DetectorError(
            f"{path}: sha256 {found} is not that of the published file ({known}): {way_out}"
        )


def view_of(picture: Picture, region: Region) -> tuple[Picture, int]:
    """The part of `picture` that a region names, and how far to the right it begins."""
    width = picture.shape[1]
    first = {"full": 0, "left": 0, "right": width // 2}[region]
    end = {"full": width, "left": width // 2, "right": width}[region]
    return picture[:, first:end], first


def find_faces(
    detector: Detector, views: Sequence[Picture], small: Sequence[Picture]
) -> list[list[Face]]:
    """Faces of each view in its own pixels; the detector sees the views as `shrink` gave them."""
    return [
        [
            _scale(face, view.shape[1] / seen.shape[1], view.shape[0] / seen.shape[0])
            for face in faces
        ]
        for view, seen, faces in zip(views, small, detector.detect(small), strict=True)
    ]


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
