"""Image models of transformers: ViT, DeiT, BEiT, DINOv2, Swin, ConvNeXt, CLIP's image side.

The mean over the last layer's places: over tokens, or over the picture where the model keeps its
two dimensions. Poolers are not used: most checkpoints do not carry their weights. VideoMAE sees 16
crops in a row at a time; where fewer are left, the last one stands still.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pipeline.base.errors import CheckpointError
from pipeline.features.cache.extractor import Extractor, Weights
from pipeline.features.encoders.face_batches import clips_together, faces_together, filled
from pipeline.features.encoders.torch_setup import check_precision, choose_device
from pipeline.features.encoders.visual import BATCH, FaceEncoder
from pipeline.features.weights.pretrained import load_image_processor, load_model
from pipeline.media.arrays import Picture

PROBE = np.full((64, 64, 3), 128, dtype=np.uint8)


def build(settings: Mapping[str, Any], weights: Weights, device: str) -> Extractor:
    """The extractor of `features.visual` for a model in a local folder."""
    place = choose_device(device)
    dtype = check_precision(settings, place)
    model = load_model(weights.path, place, dtype)
    model = getattr(model, "vision_model", model)
    prepare = partial(_prepare, load_image_processor(weights.path))
    clip = model.config.num_frames if model.config.model_type == "videomae" else None
    embed = partial(_embed, model) if clip is None else partial(_embed_clip, model, clip)

    try:
        with torch.inference_mode():
            dim = embed(prepare([PROBE]).to(device=place, dtype=dtype)).shape[1]
    except Exception as error:  # libraries raise anything where two files do not fit each other
        raise CheckpointError(
            f"{weights.path}: its network does not take what preprocessor_config.json makes of a "
            f"picture: {error}"
        ) from error

    encode = FaceEncoder(prepare, embed, place, dtype, clip or BATCH)
    if clip is not None:
        return clips_together(dim, encode, partial(_embed_clips, model), settings["batch_faces"])
    return faces_together(dim, encode, settings["batch_faces"])


def _prepare(processor: Any, crops: list[Picture]) -> Tensor:
    """Crops -> (n, 3, H, W)."""
    pixels: Tensor = processor(
        images=[crop.copy() for crop in crops],
        return_tensors="pt",
        input_data_format="channels_last",
    )["pixel_values"]
    return pixels[0] if pixels.dim() == 5 else pixels  # a video of n frames


def _embed(model: Any, images: Tensor) -> Tensor:
    """(n, 3, H, W) -> (n, D)."""
    hidden: Tensor = model(pixel_values=images).last_hidden_state.float()
    return hidden.mean(dim=1) if hidden.dim() == 3 else hidden.mean(dim=(2, 3))


def _embed_clip(model: Any, n_frames: int, images: Tensor) -> Tensor:
    """(n, 3, H, W), at most n_frames -> (n, D): one vector, which counts for every crop in it."""
    return _embed_clips(model, filled(images, n_frames)[None]).expand(len(images), -1)


def _embed_clips(model: Any, clips: Tensor) -> Tensor:
    """(R, F, 3, H, W) -> (R, D)."""
    hidden: Tensor = model(pixel_values=clips).last_hidden_state.float()
    return hidden.mean(dim=1)
