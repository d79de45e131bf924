"""The published fairseq checkpoint of wav2vec (reading.md C.1).

Read are `model` and `args`, fairseq's settings. Beside them its trainer keeps meters, the state of
the optimizer and more (fairseq v0.6.2 to v0.9.0, `Trainer.save_checkpoint`), which do not matter.
"""

import ast
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from models.encoders import wav2vec
from pipeline.features.weights.checkpoints import open_checkpoint
from pipeline.features.weights.published import WAV2VEC
from pipeline.features.weights.strict_state import fit_state

# reading.md C.1: the values that shape the network; strides cannot be seen in the weights.
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
LONGEST_LAYERS = 2000  # characters
MOST_LAYERS = 100
# Of the networks that came after it: wav2vec 2.0, HuBERT, WavLM, data2vec.
TRANSFORMER = "encoder.layers."


def read_fairseq_wav2vec(path: Path) -> dict[str, Tensor]:
    """The weights of `models.encoders.wav2vec.Wav2Vec`, float32, from a fairseq checkpoint."""
    with open_checkpoint(path, WAV2VEC.refuse) as checkpoint:
        arguments = checkpoint.settings("args")
        state = checkpoint.state("model")
    _refuse_later_networks(path, state)
    _check_arguments(path, arguments or {})
    kept = {key: v for key, v in state.items() if not key.startswith("wav2vec_predictions.")}
    return fit_state(path, kept, wav2vec.Wav2Vec, WAV2VEC)


def _check_arguments(path: Path, arguments: Mapping[str, Any]) -> None:
    problems = [
        f"{name}={arguments[name]!r:.300} (expected {expected!r})"
        for name, expected in FAIRSEQ_ARGUMENTS.items()
        if name in arguments and _parse_layers(arguments[name]) != expected
    ]
    if problems:
        raise WAV2VEC.refuse(path, f"was trained with other settings: {'; '.join(problems)}")


def _refuse_later_networks(path: Path, state: Mapping[str, object]) -> None:
    if any(TRANSFORMER in key for key in state):
        raise WAV2VEC.refuse(
            path,
            "holds a transformer (wav2vec 2.0, HuBERT, WavLM or data2vec), not wav2vec; take the "
            "same network as a folder in the hub's layout: `features.audio.encoder: hf:FOLDER`",
        )


def _parse_layers(value: object) -> object:
    """The layers that fairseq keeps as text and evaluates: "[(512, 10, 5)] + [(512, 4, 2)] * 3".

    `value` as it is where it is no such text.
    """
    if not isinstance(value, str) or not value.startswith("[") or len(value) > LONGEST_LAYERS:
        return value
    try:
        return _layers_of(ast.parse(value, mode="eval").body)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return value


def _layers_of(node: ast.expr) -> list[object]:
    """A list of layers, lists that are added, or a list so many times; raises ValueError."""
    match node:
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            layers = _layers_of(left) + _layers_of(right)
        case ast.BinOp(left=left, op=ast.Mult(), right=ast.Constant(value=int(times))):
            layers = _layers_of(left) * min(times, MOST_LAYERS)
        case ast.List():
            layers = list(ast.literal_eval(node))
        case _:
            raise ValueError("not a list of layers")
    return layers[:MOST_LAYERS]
