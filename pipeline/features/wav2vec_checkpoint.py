"""The published fairseq checkpoint of wav2vec (FACTS C.1).

Besides tensors it holds fairseq's settings as an `argparse.Namespace`, which we allow.
"""

import argparse
import ast
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from models.encoders import wav2vec
from pipeline.features.checkpoints import load_checkpoint, part_of
from pipeline.features.published import WAV2VEC
from pipeline.features.strict_state import fit_state

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


def read_fairseq_wav2vec(path: Path) -> dict[str, Tensor]:
    """The weights of `models.encoders.wav2vec.Wav2Vec`, float32, from a fairseq checkpoint."""
    content = load_checkpoint(path, WAV2VEC, [argparse.Namespace])
    arguments = content.get("args")
    if isinstance(arguments, argparse.Namespace):
        _check_arguments(path, vars(arguments))
    state = part_of(path, content, "model", WAV2VEC)
    kept = {key: v for key, v in state.items() if not key.startswith("wav2vec_predictions.")}
    return fit_state(path, kept, wav2vec.Wav2Vec, WAV2VEC)


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
