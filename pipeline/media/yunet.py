"""YuNet through OpenCV's FaceDetectorYN; the model file is the user's.

Old model files fail on new OpenCV versions, some without an error (reading.md F.4): the detector
proves itself on a portrait from matplotlib's wheel (public domain) before it is used.
"""

from collections.abc import Sequence
from pathlib import Path
from threading import Lock

import cv2
import numpy as np
from matplotlib import get_data_path

from pipeline.media.arrays import Picture
from pipeline.media.detectors import DetectorError, yunet_file
from pipeline.media.faces import Face

NMS_THRESHOLD = 0.3  # reading.md C.3
TOP_K = 700

PORTRAIT = "sample_data/grace_hopper.jpg"  # 512 x 600 pixels
PORTRAIT_NOSE = (263, 220)  # lies inside of any sensible box


def build(
    weights: str | None, min_face_px: int, min_confidence: float, device: str
) -> "YunetDetector":
    """The detector of `crop_faces.detector: yunet`; OpenCV's wheel runs it on the CPU."""
    return YunetDetector(yunet_file(weights), min_face_px, min_confidence)


class YunetDetector:
    """Faces of at least `min_face_px`, in the pixels of the picture given."""

    def __init__(self, model: Path, min_face_px: int, min_confidence: float) -> None:
        self._min_face_px = min_face_px
        self._model = model
        self._lock = Lock()
        portrait = cv2.imread(str(Path(get_data_path(), PORTRAIT)))
        try:
            self._network = cv2.FaceDetectorYN.create(
                str(model), "", (320, 320), min_confidence, NMS_THRESHOLD, TOP_K
            )
            faces = self.detect([cv2.cvtColor(portrait, cv2.COLOR_BGR2RGB)])[0]
        except cv2.error as error:
            raise self._refuse(f"fails ({error.err or error.msg})") from error
        if not any(_holds(face, PORTRAIT_NOSE) for face in faces):
            raise self._refuse(f"finds {len(faces)} faces, none where the face of a portrait is")

    def detect(self, pictures: Sequence[Picture]) -> list[list[Face]]:
        """The faces of each picture, the most confident first."""
        return [self._detect(picture) for picture in pictures]

    def _detect(self, picture: Picture) -> list[Face]:
        height, width = picture.shape[:2]
        with self._lock:  # the input size is a state of the network
            self._network.setInputSize((width, height))
            _, rows = self._network.detect(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
        faces = []
        for row in np.empty((0, 15)) if rows is None else rows:
            left, top, side_x, side_y = map(float, row[:4])
            if min(side_x, side_y) >= self._min_face_px:
                faces.append(Face((left, top, left + side_x, top + side_y), float(row[14])))
        return faces

    def _refuse(self, problem: str) -> DetectorError:
        return DetectorError(
            f"crop_faces.weights={str(self._model)!r}: this model {problem} with OpenCV "
            f"{cv2.__version__}; use face_detection_yunet_2023mar.onnx, or `detector: mtcnn`"
        )


def _holds(face: Face, point: tuple[int, int]) -> bool:
    left, top, right, bottom = face.box
    return left < point[0] < right and top < point[1] < bottom
