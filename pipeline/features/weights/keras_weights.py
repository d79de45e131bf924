"""The weights of mini-Xception from its published Keras 2 file, `emotion_model.hdf5`.

Keras keeps a kernel as (H, W, in, out), torch as (out, in, H, W); a depthwise kernel is
(H, W, channels, 1) there and (channels, 1, H, W) here. The optimizer's state is not read.
"""

import math
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.encoders.mini_xception import BLOCK_CHANNELS, MiniXception
from pipeline.features.weights.published import MINI_XCEPTION
from pipeline.features.weights.strict_state import fit_state

# Keras' name of a weight -> its name in the torch module, and the order of its axes there.
WEIGHTS: dict[str, tuple[str, tuple[int, ...]]] = {
    "kernel": ("weight", (3, 2, 0, 1)),
    "depthwise_kernel": ("depthwise.weight", (2, 3, 0, 1)),
    "pointwise_kernel": ("pointwise.weight", (3, 2, 0, 1)),
    "bias": ("bias", (0,)),
    "gamma": ("weight", (0,)),
    "beta": ("bias", (0,)),
    "moving_mean": ("running_mean", (0,)),
    "moving_variance": ("running_var", (0,)),
}


MOST_NUMBERS = 1_000_000  # of a weight; the largest has 16,384

# What h5py raises on damaged files, by where the damage is.
DAMAGED = (OSError, KeyError, ValueError, RuntimeError, AttributeError, TypeError, MemoryError)


def read_mini_xception(path: Path) -> dict[str, Tensor]:
    """The weights of `models.encoders.mini_xception.MiniXception`, float32."""
    if not path.is_file():
        raise MINI_XCEPTION.refuse(path, "no such file")
    try:
        with h5py.File(path, "r") as file:
            state = dict(_read_weights(file["model_weights"]))
    except DAMAGED as error:
        raise MINI_XCEPTION.refuse(path, f"cannot be read as Keras weights ({error})") from None
    state |= {
        f"{module}.num_batches_tracked": torch.tensor(0)  # torch's own counter, idle in use
        for layer, module in _modules().items()
        if layer.startswith("batch_normalization")
    }
    return fit_state(path, state, MiniXception, MINI_XCEPTION)


def _read_weights(layers: h5py.Group) -> Iterator[tuple[str, Tensor]]:
    """Yield every weight of the file under its torch name, or its own where it has none."""
    modules = _modules()
    for layer, group in layers.items():
        for full_name in np.asarray(group.attrs["weight_names"], dtype=str):
            name = full_name.rpartition("/")[2].removesuffix(":0")
            values = _small(group[full_name])
            renamed, axes = WEIGHTS.get(name, (name, ()))
            if values.ndim == len(axes):
                values = np.ascontiguousarray(values.transpose(axes))
            yield f"{modules.get(layer, layer)}.{renamed}", torch.from_numpy(values)


def _small(stored: h5py.Dataset) -> NDArray[np.float32]:
    """Numbers of which there can be so many; a chunk of them is unfolded whole."""
    largest = max(stored.size, math.prod(stored.chunks or (0,)))
    if largest > MOST_NUMBERS:
        raise ValueError(f"{stored.name} unfolds to {largest:,} numbers")
    return np.asarray(stored, dtype=np.float32)


def _modules() -> dict[str, str]:
    """Keras layer -> torch module. Keras numbers each kind of layer in the order of its making."""
    names = {
        "conv2d_1": "conv1",
        "batch_normalization_1": "norm1",
        "conv2d_2": "conv2",
        "batch_normalization_2": "norm2",
        f"conv2d_{3 + len(BLOCK_CHANNELS)}": "classify",
    }

    # A block has one plain convolution, the shortcut, and two separable ones.
    for b in range(len(BLOCK_CHANNELS)):
        names |= {
            f"conv2d_{b + 3}": f"blocks.{b}.shortcut",
            f"batch_normalization_{3 * b + 3}": f"blocks.{b}.shortcut_norm",
            f"separable_conv2d_{2 * b + 1}": f"blocks.{b}.separable1",
            f"batch_normalization_{3 * b + 4}": f"blocks.{b}.norm1",
            f"separable_conv2d_{2 * b + 2}": f"blocks.{b}.separable2",
            f"batch_normalization_{3 * b + 5}": f"blocks.{b}.norm2",
        }
    return names
