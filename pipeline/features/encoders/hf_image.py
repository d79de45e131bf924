"""Any image model of transformers: ViT, DeiT, BEiT, DINOv2, Swin, ConvNeXt, CLIP's image side.

The mean over the last layer's places: over tokens, or over the picture where the model keeps its
two dimensions. Poolers are not used: most checkpoints do not carry their weights.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
from torch import Tensor

from pipeline.features.extractor import Extractor, Weights
from pipeline.features.pretrained import load_image_processor, load_model
from pipeline.features.torch_setup import check_precision, choose_device, inference
from pipeline.features.visual import Crop, FaceEncoder, face_extractor

PROBE = np.full((64, 64, 3), 128, dtype=np.uint8)


def build(settings: Mapping[str, Any], weights: Weights, device: str) -> Extractor:
    """The extractor of `features.visual` for a model in a local folder."""
    place = choose_device(device)
    dtype = check_precision(settings, place)
    model = load_model(weights.path, place)
    model = getattr(model, "vision_model", model)
    prepare = partial(_prepare, load_image_processor(weights.path))
    embed = partial(_embed, model)
    with inference(place, dtype):
        dim = embed(prepare([PROBE]).to(place)).shape[1]
    return face_extractor(dim, FaceEncoder(prepare, embed, place, dtype))


def _prepare(processor: Any, crops: list[Crop]) -> Tensor:
    """Crops -> (n, 3, H, W)."""
    pixels: Tensor = processor(
        images=[crop.copy() for crop in crops],
        return_tensors="pt",
        input_data_format="channels_last",
    )["pixel_values"]
    return pixels


def _embed(model: Any, images: Tensor) -> Tensor:
    """(n, 3, H, W) -> (n, D)."""
    hidden: Tensor = model(pixel_values=images).last_hidden_state
    return hidden.mean(dim=1) if hidden.dim() == 3 else hidden.mean(dim=(2, 3))
