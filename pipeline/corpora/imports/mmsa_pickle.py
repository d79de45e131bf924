"""MMSA's aligned_50.pkl and unaligned_50.pkl (FACTS D.4), read without running their pickle.

A pickle is a program. Ours may only rebuild numpy arrays, dictionaries and lists: any other name
is refused before it is called. Sequences are averaged over their real lengths; audio holds -inf
in places, which counts as 0 as it does in MMSA.
"""

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.corpora.imports.imported import (
    Imported,
    ImportFormatError,
    Vector,
    pooled,
    without_media,
)
from pipeline.records import Annotation, Modality, Utterance

ROLES = {"train": "train", "valid": "validation", "test": "test"}
KEYS: Mapping[Modality, str] = {"audio": "audio", "text": "text", "visual": "vision"}
ALLOWED = {
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy.core.multiarray", "scalar"),
    ("numpy._core.multiarray", "scalar"),
}


class _PlainUnpickler(pickle.Unpickler):
    """Rebuilds arrays and containers; refuses every other class or function."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in ALLOWED:
            raise ImportFormatError(f"the pickle asks for {module}.{name}: refused")
        return super().find_class(module.replace("numpy.core", "numpy._core"), name)


def read(path: Path, names: Mapping[Modality, str]) -> Imported:
    """Read the three splits; `names` may say other keys for the modalities."""
    splits = _load(path)
    keys = dict(names) or dict(KEYS)
    utterances: list[Utterance] = []
    annotations: list[Annotation] = []
    vectors: dict[Modality, list[Vector | None]] = {modality: [] for modality in keys}
    for split, role in ROLES.items():
        part = _part(path, splits, split, [*keys.values(), "id", "regression_labels"])
        for row, identifier in enumerate(part["id"]):
            utterance = _utterance(str(identifier), str(_at(part, "raw_text", row, "")))
            utterances.append(utterance)
            label = str(float(part["regression_labels"][row]))
            annotations.append(Annotation(utterance.utterance_id, "sentiment", label))
            annotations.append(Annotation(utterance.utterance_id, "split", role))
            for modality, key in keys.items():
                vectors[modality].append(_vector(part, modality, key, row))
    return Imported(utterances, annotations, vectors).in_order()


def _load(path: Path) -> Mapping[str, Any]:
    try:
        with path.open("rb") as stream:
            value = _PlainUnpickler(stream).load()
    except (pickle.UnpicklingError, EOFError, AttributeError, IndexError) as error:
        raise ImportFormatError(f"{path}: not a readable pickle ({error})") from error
    if not isinstance(value, dict):
        raise ImportFormatError(f"{path}: holds a {type(value).__name__}, expected a dictionary")
    return value


def _part(path: Path, splits: Mapping[str, Any], split: str, keys: list[str]) -> Mapping[str, Any]:
    part = splits.get(split)
    lacking = [key for key in keys if not isinstance(part, dict) or key not in part]
    if lacking or not isinstance(part, dict):
        raise ImportFormatError(f"{path}: {split} lacks {lacking}")
    return part


def _utterance(identifier: str, text: str) -> Utterance:
    video, _, clip = identifier.partition("$_$")
    if not clip.isdigit():
        raise ImportFormatError(f"id {identifier!r}: expected <video>$_$<number of the clip>")
    return without_media(f"{video}_{clip}", video, int(clip), "", text)


def _vector(part: Mapping[str, Any], modality: Modality, key: str, row: int) -> Vector | None:
    sequence: NDArray[np.floating] = np.asarray(part[key][row], dtype=np.float64)
    sequence = np.where(np.isneginf(sequence), 0.0, sequence)
    length = _length(part, modality, row)
    if sequence.ndim == 2 and length is not None:
        sequence = sequence[:length]
    return pooled(sequence)


def _length(part: Mapping[str, Any], modality: Modality, row: int) -> int | None:
    """Real length: as stated; else, for text and for aligned data, the text's mask."""
    stated = {"audio": "audio_lengths", "visual": "vision_lengths"}.get(modality, "")
    if stated in part:
        return int(np.asarray(part[stated]).reshape(-1)[row])
    if "text_bert" in part:
        return int(np.asarray(part["text_bert"][row])[1].sum())
    return None


def _at(part: Mapping[str, Any], key: str, row: int, default: str) -> Any:
    return part[key][row] if key in part else default
