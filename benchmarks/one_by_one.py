"""The way of the field: for every utterance open its file, seek, decode, one forward pass each.

What this leaves out to be fair to it: processes per utterance, files of cut clips in between, and
frames that we do not look at either. The same settings, the same networks, loaded once.
"""

import math
from collections.abc import Callable
from pathlib import Path

import av
import cv2
import numpy as np
import torch
from facenet_pytorch import MTCNN
from numpy.typing import NDArray
from torchaudio.transforms import Resample

from pipeline.base.records import Utterance
from pipeline.config.faces import CropFacesSettings
from pipeline.media.faces import crop_square

Picture = NDArray[np.uint8]
Vector = NDArray[np.float32]


def voice_of(utterance: Utterance, root: Path, rate_hz: int) -> NDArray[np.float32]:
    """The sound of an utterance, mono at `rate_hz`."""
    pieces = []
    with av.open(str(root / utterance.media)) as container:
        stream = container.streams.audio[0]
        container.seek(int(utterance.start_s / stream.time_base), stream=stream)
        for frame in container.decode(stream):
            if frame.time >= utterance.end_s:
                break
            first = max(0, round((utterance.start_s - frame.time) * frame.sample_rate))
            last = round((utterance.end_s - frame.time) * frame.sample_rate)
            pieces.append(frame.to_ndarray().mean(axis=0)[first:last])
        sound = torch.from_numpy(np.concatenate(pieces).astype(np.float32))
        return Resample(stream.rate, rate_hz)(sound).numpy()


def shrink(picture: Picture, width_px: int) -> Picture:
    """A picture of at most this width."""
    scale = min(1.0, width_px / picture.shape[1])
    return cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)


class FacesOneByOne:
    """Detects with facenet-pytorch's own loop, crops, and encodes each face alone."""

    def __init__(self, settings: CropFacesSettings, embed: Callable[[Picture], Vector]) -> None:
        self.settings = settings
        self.embed = embed
        self.detector = MTCNN(keep_all=True, min_face_size=settings.min_face_px)

    def __call__(self, utterance: Utterance, root: Path) -> Vector | None:
        """The mean vector of the largest faces."""
        vectors = []
        for picture in self._frames(utterance, root):
            small = shrink(picture, self.settings.detect_width_px)
            scale = small.shape[1] / picture.shape[1]
            boxes, confidences = self.detector.detect(small)
            if boxes is not None and confidences[0] >= self.settings.min_confidence:
                box = tuple(boxes[0] / scale)
                crop = crop_square(picture, box, self.settings.margin, self.settings.size_px)
                vectors.append(self.embed(crop))
        return np.mean(vectors, axis=0) if vectors else None

    def _frames(self, utterance: Utterance, root: Path) -> list[Picture]:
        video = cv2.VideoCapture(str(root / utterance.media))
        video.set(cv2.CAP_PROP_POS_MSEC, utterance.start_s * 1000)
        frames: list[Picture] = []
        while True:
            time_s = video.get(cv2.CAP_PROP_POS_MSEC) / 1000
            is_read, picture = video.read()
            if not is_read or time_s >= utterance.end_s:
                return frames
            if math.floor((time_s - utterance.start_s) * self.settings.fps + 1e-6) >= len(frames):
                frames.append(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB))
