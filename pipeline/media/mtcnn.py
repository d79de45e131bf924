"""MTCNN with the networks of facenet-pytorch, whose wheel holds the weights.

On a CPU pictures go through the networks one by one: in a batch, the last bits of a box depend on
the other pictures (measured: up to 6e-5 px), and batches save nothing. For the same reason one core
works on a picture; call `detect` from several threads to use more. On a GPU those of all threads
are gathered into batches of fixed shape, which keep pictures apart as well (batched_cascade).
"""

from collections.abc import Callable, Sequence
from functools import partial

import torch
from facenet_pytorch.models.mtcnn import ONet, PNet, RNet

from pipeline.base.devices import DeviceError, device_name
from pipeline.media.arrays import Picture
from pipeline.media.batched_cascade import BatchedCascade, rows_of
from pipeline.media.cascade import Boxes, Cascade, Scores
from pipeline.media.detectors import DetectorError, mtcnn_folder
from pipeline.media.faces import Face
from pipeline.media.gathering import Gathering

Found = list[tuple[Boxes, Scores]]
Find = Callable[[Sequence[Picture]], Found]


def build(
    weights: str | None, min_face_px: int, min_confidence: float, device: str
) -> "MtcnnDetector":
    """The detector of `crop_faces.detector: mtcnn`; its weights are those of the wheel."""
    return MtcnnDetector(min_face_px, min_confidence, device)


class MtcnnDetector:
    """Faces of at least `min_face_px`, in the pixels of the picture given."""

    def __init__(self, min_face_px: int, min_confidence: float, device: str = "auto") -> None:
        mtcnn_folder()
        self._min_confidence = min_confidence
        torch.set_num_threads(1)

        try:
            place = torch.device(device_name(device))
        except DeviceError as error:
            raise DetectorError(str(error)) from None

        networks = PNet(), RNet(), ONet()

        if place.type == "cuda":
            _set_up_cuda()
            cascade = BatchedCascade(*networks, place)
            self._find: Find = Gathering(partial(_find_in, cascade, min_face_px), rows_of)
        else:
            single = Cascade(*networks, place)
            self._find = lambda pictures: [single(picture, min_face_px) for picture in pictures]

    def detect(self, pictures: Sequence[Picture]) -> list[list[Face]]:
        """The faces of each picture, the most confident first."""
        return [
            [
                Face((box[0], box[1], box[2], box[3]), confidence)
                for box, confidence in zip(boxes.tolist(), confidences.tolist(), strict=True)
                if confidence >= self._min_confidence
            ]
            for boxes, confidences in self._find(pictures)
        ]


def _set_up_cuda() -> None:
    """Sums that repeat, in float32, as encoders have them: one process may do both."""
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.deterministic = True


def _find_in(cascade: BatchedCascade, min_face_px: int, pictures: Sequence[Picture]) -> Found:
    """Faces of pictures of one size; a device without room for them says what to do."""
    try:
        return cascade(pictures, min_face_px)
    except torch.cuda.OutOfMemoryError as error:
        height, width = pictures[0].shape[:2]
        raise DetectorError(
            f"the GPU has no room for {rows_of(height, width)} pictures of {width} x {height} px "
            "at once (they need 3 GB at most): set crop_faces.detect_width_px lower, or "
            "let fewer jobs share the GPU (--resources gpu=1)"
        ) from error
