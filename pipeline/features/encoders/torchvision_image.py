"""Any classifier of torchvision: what enters its last linear layer, per face.

The number of classes is read off the weights; pictures are prepared as torchvision's own weights
of that network were trained (size, mean and deviation).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
import torchvision
from safetensors.torch import load_file
from torch import Tensor, nn

from pipeline.base.errors import CheckpointError, SettingsError
from pipeline.features.cache.extractor import Extractor, Weights
from pipeline.features.encoders.face_batches import faces_together
from pipeline.features.encoders.torch_setup import check_precision, choose_device
from pipeline.features.encoders.visual import FaceEncoder
from pipeline.features.weights.checkpoints import open_checkpoint, refuse_expanded, unpublished
from pipeline.media.arrays import Picture


def build(settings: Mapping[str, Any], weights: Weights, device: str) -> Extractor:
    """The extractor of `features.visual` for `torchvision:<name>`."""
    place = choose_device(device)
    dtype = check_precision(settings, place)
    name = settings["encoder"].removeprefix("torchvision:")
    model, dim = load_trunk(name, weights.path)
    transform = torchvision.models.get_model_weights(name).DEFAULT.transforms()

    def prepare(crops: list[Picture]) -> Tensor:
        pictures = [torch.from_numpy(crop.copy()).permute(2, 0, 1) for crop in crops]
        return torch.stack([transform(picture) for picture in pictures])

    model.eval().to(device=place, dtype=dtype)
    encode = FaceEncoder(prepare, model, place, dtype)
    return faces_together(dim, encode, settings["batch_faces"])


def load_trunk(name: str, path: Path) -> tuple[nn.Module, int]:
    """The network without its last linear layer, and the width of what it gives."""
    if name not in torchvision.models.list_models(module=torchvision.models):
        raise SettingsError(
            f"features.visual.encoder: torchvision has no classifier {name!r}; "
            "see torchvision.models.list_models()"
        )
    state = _read_state(path)

    # The rows of its last matrix are the classes.
    matrices = [value for value in state.values() if value.dim() == 2]
    if not matrices:
        raise CheckpointError(f"{path}: no linear layer whose input could be the feature")
    model = torchvision.models.get_model(name, weights=None, num_classes=len(matrices[-1]))
    try:
        model.load_state_dict(state)
    except RuntimeError as error:
        raise CheckpointError(f"{path} does not fit torchvision:{name}: {error}") from error

    # What would enter the classifier is the feature.
    last, layer = [item for item in model.named_modules() if isinstance(item[1], nn.Linear)][-1]
    parent, _, attribute = last.rpartition(".")
    setattr(model.get_submodule(parent), attribute, nn.Identity())
    return model, layer.in_features


def _read_state(path: Path) -> dict[str, Tensor]:
    if path.suffix == ".safetensors":
        return load_file(path)
    with open_checkpoint(path, unpublished) as checkpoint:
        state = checkpoint.state()
    return refuse_expanded(path, state)
