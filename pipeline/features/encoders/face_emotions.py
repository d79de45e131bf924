"""Seven emotions from faces alone: mini-Xception's own last layer, which the features leave out.

Trained by Arriaga et al. 2017 on FER-2013, small gray photographs from the web that a crowd named
at a glance. It knows no voice, no words and nobody's usual face.
"""

from pathlib import Path

import torch

from models.encoders.mini_xception import CLASSES, MiniXception
from pipeline.config.features import VisualSettings
from pipeline.config.settings import dump
from pipeline.features.encoders.mini_xception import centered, to_gray
from pipeline.features.encoders.visual import FaceEncoder
from pipeline.features.weights.keras_weights import read_mini_xception
from pipeline.features.weights.locating import locate_weights

FACE_EMOTIONS = CLASSES


def read_face_emotions(cache: Path, device: torch.device) -> FaceEncoder:
    """Crops of an utterance -> (7,) the mean of the probabilities of its faces."""
    settings = dump(VisualSettings(encoder="mini-xception"))
    model = MiniXception()
    model.load_state_dict(read_mini_xception(locate_weights("visual", settings, cache).path))
    model.eval().to(device)

    def emotions(gray: torch.Tensor) -> torch.Tensor:
        shares: torch.Tensor = model(gray).softmax(dim=1)
        return shares

    return FaceEncoder(to_gray, emotions, device, None, finish=centered)
