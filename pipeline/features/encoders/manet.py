"""MA-Net (Zhao et al. 2021), published for RAF-DB: 512 + 512 per face (reading.md C.3).

Faces are resized to 224x224 (bilinear) and scaled to [0, 1]; no mean or deviation is removed.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from models.encoders.manet import EMBEDDING_DIM, IMAGE_SIZE_PX, MaNet
from pipeline.features.cache.extractor import Extractor, Weights
from pipeline.features.encoders.face_batches import faces_together
from pipeline.features.encoders.torch_setup import check_precision, choose_device
from pipeline.features.encoders.visual import FaceEncoder, resized_bytes, to_unit
from pipeline.features.weights.manet_checkpoint import read_manet
from pipeline.media.arrays import Picture


def build(settings: Mapping[str, Any], weights: Weights, device: str) -> Extractor:
    """The extractor of `features.visual` for the published checkpoint."""
    place = choose_device(device)
    dtype = check_precision(settings, place)
    model = MaNet(settings["scale_order"])
    model.load_state_dict(read_manet(weights.path))
    return extractor_of(model, settings, place, dtype)


def extractor_of(
    model: MaNet, settings: Mapping[str, Any], place: torch.device, dtype: torch.dtype | None
) -> Extractor:
    """The extractor of a network: each utterance alone on a core, all together on a card."""
    model.eval().to(device=place, dtype=dtype)
    encode = FaceEncoder(to_pictures, model.embed, place, dtype, finish=to_unit)
    return faces_together(EMBEDDING_DIM, encode, settings["batch_faces"])


def to_pictures(crops: list[Picture]) -> Tensor:
    """RGB crops of any size -> (n, 224, 224, 3) uint8."""
    return resized_bytes(crops, IMAGE_SIZE_PX, IMAGE_SIZE_PX)
