"""Models in the layout of the Hugging Face hub, from a local folder and from nowhere else.

No code of a model's author is run (`trust_remote_code` is off). A model whose checkpoint lacks
weights that are used would give random features: it is refused.
"""

import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from pipeline.base.errors import CheckpointError
from pipeline.features.weights.checkpoints import open_checkpoint, refuse_expanded, unpublished
from pipeline.features.weights.offline import refuse_network

refuse_network()

import transformers  # noqa: E402

transformers.utils.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()

# Layers that we do not use: the pooler on top, the vector that masks frames in training.
UNUSED = ("pooler.", "masked_spec_embed")
MOST_VALUES_PER_BYTE = 8  # in a file; float32 has a quarter of one, what is shared counts twice
MOST_LAYERS = 1000
LOCAL: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}


def load_model(folder: Path, device: torch.device, dtype: torch.dtype | None = None) -> Any:
    """The base model of a folder, ready to encode; of T5 or Whisper the encoder half.

    Its weights are cast to `dtype`, None: float32.
    """
    model, report = _filled(folder)
    has_decoder = bool(getattr(model.config, "is_encoder_decoder", False))
    unread = ("decoder.",) if has_decoder else ()
    lacking = sorted(
        key for key in report["missing_keys"] if not _is_unused(key) and not key.startswith(unread)
    )
    wrong = [str(key) for key in report["mismatched_keys"]]

    if lacking or wrong:
        raise CheckpointError(
            f"{folder}: the checkpoint does not fill {type(model).__name__}; missing "
            f"{_some(lacking)}, of another shape {_some(wrong)}"
        )
    encoder = model.get_encoder() if has_decoder else model
    return encoder.eval().to(device=device, dtype=dtype)


def _filled(folder: Path) -> tuple[Any, dict[str, Any]]:
    """The base model with its weights, and what of them was missing."""
    options = {"output_loading_info": True, "dtype": torch.float32}
    pickled = sorted(folder.glob("pytorch_model*.bin"))
    safe = sorted(folder.glob("*.safetensors"))
    config = _load(transformers.AutoConfig, folder)
    kind = _network_of(folder, config, sum(path.stat().st_size for path in safe or pickled))

    if safe or not pickled:
        return _load(transformers.AutoModel, folder, **options)  # type: ignore[no-any-return]
    state: dict[str, Tensor] = {}
    for path in pickled:
        with open_checkpoint(path, unpublished) as checkpoint:
            state |= refuse_expanded(path, checkpoint.state())
    options |= {"pretrained_model_name_or_path": None, "config": config, "state_dict": state}
    return _load(kind, folder, **options)  # type: ignore[no-any-return]


def _network_of(folder: Path, config: Any, n_bytes: int) -> Any:
    """The class that a configuration asks for, if weights of `n_bytes` can fill it.

    What no file holds would be made up in memory of any size, one layer after the other.
    """
    n_layers = _asked_layers(config.to_dict())
    if n_layers > MOST_LAYERS:
        raise CheckpointError(
            f"{folder}: config.json asks for {n_layers:,} layers; at most {MOST_LAYERS:,} are built"
        )

    try:
        with torch.device("meta"):
            network = transformers.AutoModel.from_config(config)
    except Exception as error:  # the library raises anything on a configuration of another kind
        raise CheckpointError(f"{folder}: config.json describes no network: {error}") from error

    n_values = sum(parameter.numel() for parameter in network.parameters())
    if n_values > MOST_VALUES_PER_BYTE * n_bytes:
        raise CheckpointError(
            f"{folder}: config.json asks for {n_values:,} values, its weights have {n_bytes:,} "
            "bytes: they are not of one network"
        )
    return type(network)


def _asked_layers(values: Any) -> int:
    """The largest number of layers in a configuration, parts included."""
    if isinstance(values, list):
        return max(map(_asked_layers, values), default=0)
    if not isinstance(values, dict):
        return 0
    found = [_asked_layers(value) for value in values.values()]
    for name, value in values.items():
        if "layer" in str(name) or name == "depths":
            told = value if isinstance(value, list) else [value]
            found += [number for number in told if isinstance(number, int)]
    return max(found, default=0)


def load_tokenizer(folder: Path) -> Any:
    """The fast tokenizer of a folder."""
    tokenizer = _load(transformers.AutoTokenizer, folder)
    if not tokenizer.is_fast:
        raise CheckpointError(f"{folder}: its tokenizer gives no offsets; save a tokenizer.json")
    return tokenizer


def read_tokenizer(path: Path) -> Any:
    """The fast tokenizer of a tokenizer.json alone, with the token that stands for unknown ones."""
    kind = transformers.PreTrainedTokenizerFast
    try:
        model = json.loads(path.read_text(encoding="utf-8"))["model"]
        unknown = model.get("unk_token")
        if model.get("unk_id") is not None:  # Unigram says its place
            unknown = model["vocab"][model["unk_id"]][0]
        return kind(tokenizer_file=str(path), unk_token=unknown)
    except Exception as error:  # the library raises anything on a file of another kind
        raise CheckpointError(
            f"{path}: no tokenizer can be read there ({error}); an ONNX file for text needs the "
            "tokenizer.json of its network beside it"
        ) from error


def load_feature_extractor(folder: Path) -> Any:
    """What prepares waveforms for a speech model."""
    return _load(transformers.AutoFeatureExtractor, folder)


def load_image_processor(folder: Path) -> Any:
    """What prepares pictures for an image model."""
    return _load(transformers.AutoImageProcessor, folder)


def check_layers(folder: Path, model: Any, last_layers: int) -> None:
    """Refuse to sum more layers than a model has."""
    config = model.config
    n_layers = getattr(config, "encoder_num_hidden_layers", None) or config.num_hidden_layers
    if last_layers > n_layers:
        raise CheckpointError(
            f"{folder}: last_layers={last_layers}, but the model has {n_layers} layers"
        )


def sum_last(hidden_states: tuple[Tensor, ...], last_layers: int) -> Tensor:
    """Hidden states (B, T, D) per layer -> (B, T, D) float32, the sum of the last ones."""
    return torch.stack(hidden_states[-last_layers:]).float().sum(dim=0)


def _load(kind: Any, folder: Path, **options: Any) -> Any:
    try:
        return kind.from_pretrained(**{"pretrained_model_name_or_path": folder, **LOCAL, **options})
    except Exception as error:  # the library raises anything on a model of another kind
        raise CheckpointError(f"{folder}: {kind.__name__} cannot load it: {error}") from error


def _some(names: list[str]) -> str:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return f"{names[:5]}{more}"


def _is_unused(key: str) -> bool:
    return any(key.startswith(name) or f".{name}" in key for name in UNUSED)
