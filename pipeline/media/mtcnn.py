"""MTCNN with the networks of facenet-pytorch, whose wheel holds the weights.

Pictures go through the networks one by one: in a batch, the last bits of a box depend on the other
pictures (measured: up to 6e-5 px), while on a CPU batches save nothing. For the same reason one
core works on a picture; call `detect` from several threads to use more.
"""

from collections.abc import Sequence

import torch
from facenet_pytorch.models.mtcnn import ONet, PNet, RNet

from pipeline.base.devices import DeviceError, device_name
from pipeline.media.arrays import Picture
from pipeline.media.cascade import Cascade
from pipeline.media.detectors import DetectorError, mtcnn_folder
from pipeline.media.faces import Face


def build(
    weights: str | None, min_face_px: int, min_confidence: float, device: str
) -> "MtcnnDetector":
    """The detector of `crop_faces.detector: mtcnn`; its weights are those of the wheel."""
    return MtcnnDetector(min_face_px, min_confidence, device)


class MtcnnDetector:
    """Faces of at least `min_face_px`, in the pixels of the picture given."""

    def __init__(self, min_face_px: int, min_confidence: float, device: str = "auto") -> None:
        mtcnn_folder()
        self._min_face_px = min_face_px
        self._min_confidence = min_confidence
        torch.set_num_threads(1)
        try:
            place = torch.device(device_name(device))
        except DeviceError as error:
            raise DetectorError(str(error)) from None
        self._cascade = Cascade(PNet(), RNet(), ONet(), place)

    def detect(self, pictures: Sequence[Picture]) -> list[list[Face]]:
        """The faces of each picture, the most confident first."""
        return [self._detect(picture) for picture in pictures]

    def _detect(self, picture: Picture) -> list[Face]:
        with torch.backends.cudnn.flags(benchmark=False, deterministic=True, allow_tf32=False):
            boxes, confidences = self._cascade(picture, self._min_face_px)
        return [
            Face((box[0], box[1], box[2], box[3]), confidence)
            for box, confidence in zip(boxes.tolist(), confidences.tolist(), strict=True)
            if confidence >= self._min_confidence
        ]
