"""One .npz for a corpus: a row per utterance, plain arrays only (nothing is unpickled).

Arrays, N rows each: `utterance_id` (or made of dialogue and turn), `dialogue_id`, `turn` (or told
by `start_s`, or by the number that ends the id), `speaker`, `session`, `sentence`; features
(N, D) under the names that `import.arrays` gives, by default `audio`, `text`, `visual`. Every
other one-dimensional array is an annotation of that name.
"""

import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.corpora.imports.imported import Imported, ImportFormatError, pooled, without_media
from pipeline.records import MODALITIES, Annotation, Modality, Utterance

OWN_COLUMNS = {"utterance_id", "dialogue_id", "turn", "speaker", "session", "sentence"}
Arrays = Mapping[str, NDArray[Any]]


def read(path: Path, names: Mapping[Modality, str]) -> Imported:
    """Read `path`; `names` says which array holds which modality."""
    arrays = _load(path)
    if "dialogue_id" not in arrays:
        raise ImportFormatError(f"{path}: no array `dialogue_id`; there are {sorted(arrays)}")
    n_rows = len(arrays["dialogue_id"])
    if uneven := sorted(name for name, value in arrays.items() if len(value) != n_rows):
        raise ImportFormatError(f"{path}: {uneven} do not have {n_rows} rows like `dialogue_id`")
    chosen = _chosen(path, arrays, names)
    utterances = _utterances(arrays)
    return Imported(
        utterances,
        _annotations(arrays, utterances, set(chosen.values())),
        {modality: [pooled(row) for row in arrays[name]] for modality, name in chosen.items()},
    ).in_order()


def _load(path: Path) -> dict[str, NDArray[Any]]:
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: np.atleast_1d(archive[name]) for name in archive.files}
    except (ValueError, OSError, zipfile.BadZipFile) as error:
        raise ImportFormatError(f"{path}: not a .npz of plain arrays ({error})") from error


def _chosen(path: Path, arrays: Arrays, names: Mapping[Modality, str]) -> dict[Modality, str]:
    chosen = dict(names) or {m: m for m in MODALITIES if m in arrays and arrays[m].ndim == 2}
    for modality, name in chosen.items():
        if name not in arrays or arrays[name].ndim != 2:
            matrices = sorted(key for key, value in arrays.items() if value.ndim == 2)
            raise ImportFormatError(
                f"{path}: import.arrays.{modality}={name!r} is no (N, D) array; "
                f"use one of {matrices}"
            )
    return chosen


def _utterances(arrays: Arrays) -> list[Utterance]:
    dialogues = [str(value) for value in arrays["dialogue_id"]]
    n_rows = len(dialogues)
    ids = [str(value) for value in arrays["utterance_id"]] if "utterance_id" in arrays else None
    turns = _turns(arrays, dialogues, ids)
    ids = ids or [f"{dialogue}_{turn}" for dialogue, turn in zip(dialogues, turns, strict=True)]

    def column(name: str) -> list[str]:
        return [str(value) for value in arrays[name]] if name in arrays else [""] * n_rows

    rows = zip(
        ids, dialogues, turns, column("speaker"), column("sentence"), column("session"), strict=True
    )
    return [without_media(*row) for row in rows]


def _turns(arrays: Arrays, dialogues: list[str], ids: list[str] | None) -> list[int]:
    """Turn of each row: as stated, else by the number that ends the id, else by `start_s`."""
    if "turn" in arrays:
        return [int(value) for value in arrays["turn"]]
    numbers = [re.search(r"(\d+)$", one) for one in ids] if ids else []
    if numbers and all(numbers):
        return [int(match.group(1)) for match in numbers if match]
    if "start_s" not in arrays:
        raise ImportFormatError(
            "neither `turn`, nor numbered ids, nor `start_s`: no order of turns"
        )
    order = np.lexsort((arrays["start_s"], np.asarray(dialogues)))
    turns = np.empty(len(dialogues), dtype=np.int64)
    turns[order] = np.arange(len(dialogues))
    return [int(turn) for turn in turns]


def _annotations(arrays: Arrays, utterances: list[Utterance], used: set[str]) -> list[Annotation]:
    names = [n for n, v in arrays.items() if v.ndim == 1 and n not in OWN_COLUMNS and n not in used]
    return [
        Annotation(utterance.utterance_id, name, str(value))
        for name in sorted(names)
        for utterance, value in zip(utterances, arrays[name].tolist(), strict=True)
    ]
