"""MTCNN (Zhang et al. 2016) through facenet-pytorch, whose wheel holds the weights.

Pictures go through the networks one by one: in a batch, the last bits of a box depend on the other
pictures (measured: up to 6e-5 px), while on a CPU batches save nothing. For the same reason one
core works on a picture; call `detect` from several threads to use more.
"""

from collections.abc import Sequence

import torch
from facenet_pytorch import MTCNN

from pipeline.media.faces import DetectorError, Face, Picture, mtcnn_folder


class MtcnnDetector:
    """Faces of at least `min_face_px`, in the pixels of the picture given."""

    def __init__(self, min_face_px: int, min_confidence: float, device: str = "auto") -> None:
        mtcnn_folder()
        self._min_face_px = min_face_px
        self._min_confidence = min_confidence
        torch.set_num_threads(1)
        if device == "auto":
            device = "cuda" if torch.cuda.is_available() else "cpu"
        if device == "cuda" and not torch.cuda.is_available():
            raise DetectorError("--device cuda: torch sees no CUDA device; use --device cpu")
        self._network = MTCNN(keep_all=True, min_face_size=min_face_px, device=device)

    def detect(self, pictures: Sequence[Picture]) -> list[list[Face]]:
        """The faces of each picture, the largest first."""
        return [self._detect(picture) for picture in pictures]

    def _detect(self, picture: Picture) -> list[Face]:
        if min(picture.shape[:2]) * (12.0 / self._min_face_px) < 12:
            return []  # smaller than the smallest face, which the library does not accept
        with (
            torch.inference_mode(),
            torch.backends.cudnn.flags(benchmark=False, deterministic=True, allow_tf32=False),
        ):
            (boxes,), (confidences,) = self._network.detect([picture])
        if boxes is None:
            return []
        return [
            Face((float(box[0]), float(box[1]), float(box[2]), float(box[3])), float(confidence))
            for box, confidence in zip(boxes, confidences, strict=True)
            if confidence >= self._min_confidence
        ]
