"""Detectors of faces: the files that each is made of, and how one is opened."""

from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from threading import Lock

from pipeline.base.files import file_digest, text_digest
from pipeline.base.vocabulary import DetectorName
from pipeline.base.yunet import YUNET_FILE, yunet_place
from pipeline.media.arrays import Picture
from pipeline.media.faces import Detector, Face

# sha256 of what the wheel of facenet-pytorch 2.6.0 carries: anyone can upload a package.
MTCNN_WEIGHTS = {
    "pnet.pt": "a2a71925e0b9996a42f63e47efc1ca19043e69558b5c523b978d611dfae49c8f",
    "rnet.pt": "bbb937de72efc9ef83b186c49f5f558467a1d7e3453a8ece0d71a886633f6a86",
    "onet.pt": "165bfbe42940416ccfb977545cf0e976d5bf321f67083ae2aaaa5c764280118d",
}
# As the pointers of github.com/opencv/opencv_zoo, models/face_detection_yunet, state it.
YUNET_PUBLISHED = {
    YUNET_FILE: "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4",
}


class DetectorError(ValueError):
    """A face detector cannot be used."""


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
    module = import_module(f"pipeline.media.{name}")  # pipeline.config.faces.detector_module
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
            f"crop_faces.weights={weights!r} is not a file: `detector: yunet` needs the path of "
            "face_detection_yunet_2023mar.onnx from https://github.com/opencv/opencv_zoo "
            "(`make weights CONFIG=FILE` fetches it); `detector: mtcnn` needs no file"
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
