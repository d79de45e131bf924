"""Published checkpoints of wav2vec and MA-Net, read without running anything that they hold.

They are pickles. torch's weights-only reader builds tensors and plain values and refuses all else;
we allow `argparse.Namespace` for fairseq's settings, and put `Inert` in the place of MA-Net's
training curves, so that not even numpy acts on them (FACTS C.1, C.3; FIELD 6).
"""

import argparse
import ast
import pickle
import re
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.serialization import safe_globals

from models.encoders import wav2vec
from models.encoders.manet import MaNet
from pipeline.features.published import MANET, WAV2VEC, Published
from pipeline.features.strict_state import fit_state

# What torch's reader raises on files that are damaged, or no checkpoint at all.
UNREADABLE = (
    pickle.UnpicklingError,
    struct.error,
    RuntimeError,
    EOFError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    AssertionError,
    OverflowError,
)
# MA-Net's curves and best accuracy; numpy renamed its module in version 2.
IGNORED_GLOBALS = (
    "__main__.RecorderMeter",
    "numpy.ndarray",
    "numpy.dtype",
    "numpy.core.multiarray._reconstruct",
    "numpy.core.multiarray.scalar",
    "numpy._core.multiarray._reconstruct",
    "numpy._core.multiarray.scalar",
)

# FACTS C.1: the values that shape the network; strides cannot be seen in the weights.
FAIRSEQ_ARGUMENTS: dict[str, Any] = {
    "conv_feature_layers": list(wav2vec.EXTRACTOR_LAYERS),
    "conv_aggregator_layers": list(wav2vec.AGGREGATOR_LAYERS),
    "skip_connections_feat": False,
    "skip_connections_agg": True,
    "residual_scale": wav2vec.RESIDUAL_SCALE,
    "log_compression": True,
    "no_conv_bias": False,
    "agg_zero_pad": False,
    "non_affine_group_norm": False,
    "activation": "relu",
    "aggregator": "cnn",
    "vq_type": "none",
    "project_features": "none",
}


class Inert:
    """Stands for a pickled object that we do not need: takes any state and does nothing."""

    def __new__(cls, *_: object) -> "Inert":
        """Ignore the arguments that a pickle calls us with."""
        return super().__new__(cls)

    def __init__(self, *_: object) -> None:
        """Ignore them here too."""

    def __setstate__(self, state: object) -> None:
        """Ignore the state that a pickle sets."""


def read_fairseq_wav2vec(path: Path) -> dict[str, Tensor]:
    """The weights of `models.encoders.wav2vec.Wav2Vec`, float32, from a fairseq checkpoint."""
    content = _load(path, WAV2VEC, [argparse.Namespace])
    arguments = content.get("args")
    if isinstance(arguments, argparse.Namespace):
        _check_arguments(path, vars(arguments))
    state = _part(path, content, "model", WAV2VEC)
    kept = {key: v for key, v in state.items() if not key.startswith("wav2vec_predictions.")}
    return fit_state(path, kept, wav2vec.Wav2Vec, WAV2VEC)


def read_manet(path: Path) -> dict[str, Tensor]:
    """The weights of `models.encoders.manet.MaNet`, float32, from the authors' checkpoint."""
    content = _load(path, MANET, [(Inert, name) for name in IGNORED_GLOBALS])
    state = _part(path, content, "state_dict", MANET)
    kept = {key.removeprefix("module."): value for key, value in state.items()}
    return fit_state(path, kept, MaNet, MANET)


def _load(
    path: Path, published: Published, allowed: list[Callable[..., Any] | tuple[Any, str]]
) -> Mapping[str, Any]:
    """Return the dictionary that the file holds; nothing but `allowed` and tensors is built."""
    if not path.is_file():
        raise published.refuse(path, "no such file")
    try:
        with safe_globals(allowed):
            content = torch.load(path, map_location="cpu", weights_only=True)
    except UNREADABLE as error:
        raise published.refuse(path, _explain(error)) from None
    if not isinstance(content, Mapping):
        raise published.refuse(path, f"holds a {type(content).__name__}, not a dictionary")
    return content


def _explain(error: Exception) -> str:
    """Say what stopped torch's reader, without its advice to switch the protection off."""
    refused = re.search(r"GLOBAL (\S+)", str(error))
    if refused:
        return f"refused: it asks for {refused[1].strip('`.')!r}, which no such checkpoint needs"
    reason = str(error).rpartition("WeightsUnpickler error:")[2].strip().partition("\n")[0]
    return f"cannot be read as a checkpoint ({reason.rstrip('.') or type(error).__name__:.160})"


def _part(
    path: Path, content: Mapping[str, Any], key: str, published: Published
) -> Mapping[str, Any]:
    part = content.get(key)
    if not isinstance(part, Mapping):
        raise published.refuse(path, f"has no {key!r}; it has {sorted(map(str, content))}")
    return {str(name): value for name, value in part.items()}


def _check_arguments(path: Path, arguments: Mapping[str, Any]) -> None:
    problems = [
        f"{name}={arguments[name]!r} (expected {expected!r})"
        for name, expected in FAIRSEQ_ARGUMENTS.items()
        if name in arguments and _parse_layers(arguments[name]) != expected
    ]
    if problems:
        raise WAV2VEC.refuse(path, f"was trained with other settings: {'; '.join(problems)}")


def _parse_layers(value: object) -> object:
    """The layers that fairseq keeps as text, e.g. "[(512, 10, 5), (512, 8, 4)]"; else `value`."""
    if not isinstance(value, str) or not value.startswith("["):
        return value
    try:
        return ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return value
