"""A folder of .npy per modality, as GCNet and MERTools lay them out (FACTS B.2, B.3).

`<folder>/<utterance_id>.npy`, (D,) or (T, D); or `<folder>/<utterance_id>/*.npy`, frames to be
averaged; or `<folder>/<utterance_id>/compress_{F,M}.npy`, of which the speaker's own is taken.
Who speaks when, and the labels, come from a CSV with the columns of the folder reader
(utterance_id, dialogue_id, turn, speaker, text); other columns are annotations.
"""

import csv
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from pipeline.corpora.imports.imported import (
    Imported,
    ImportFormatError,
    Vector,
    pooled,
    without_media,
)
from pipeline.files import resolve_inside
from pipeline.records import Annotation, Modality, Utterance

REQUIRED = ("utterance_id", "dialogue_id", "turn")
OPTIONAL = ("speaker", "session", "text", "media", "start_s", "end_s", "region")


def read(root: Path, folders: Mapping[Modality, str], table: str) -> Imported:
    """Read the vectors that `table`, a CSV, lists; table and `folders` lie inside `root`."""
    if not folders:
        raise ImportFormatError("import.arrays must name a folder for at least one modality")
    rows = _read_table(resolve_inside(root, table))
    utterances = [
        without_media(
            row["utterance_id"],
            row["dialogue_id"],
            int(row["turn"]),
            row.get("speaker", ""),
            row.get("text", ""),
            row.get("session", ""),
        )
        for row in rows
    ]
    annotations = [
        Annotation(row["utterance_id"], name, value)
        for row in rows
        for name, value in row.items()
        if name not in REQUIRED + OPTIONAL and value
    ]
    vectors: dict[Modality, list[Vector | None]] = {
        modality: [_vector(resolve_inside(root, folder), one) for one in utterances]
        for modality, folder in folders.items()
    }
    return Imported(utterances, annotations, vectors).in_order()


def _read_table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8-sig") as stream:
        reader = csv.DictReader(stream)
        if lacking := [name for name in REQUIRED if name not in (reader.fieldnames or [])]:
            raise ImportFormatError(f"{path}: columns {lacking} are missing")
        return [{key: value or "" for key, value in row.items() if key} for row in reader]


def _vector(folder: Path, utterance: Utterance) -> Vector | None:
    file = folder / f"{utterance.utterance_id}.npy"
    if file.is_file():
        return pooled(_load(file))
    frames = sorted((folder / utterance.utterance_id).glob("*.npy"))
    own = [path for path in frames if path.stem == f"compress_{utterance.speaker}"]
    if not own and any(path.stem.startswith("compress_") for path in frames):
        raise ImportFormatError(
            f"{frames[0].parent}: no compress_{utterance.speaker}.npy for that speaker"
        )
    loaded = [pooled(_load(path)) for path in (own or frames)]
    found = [vector for vector in loaded if vector is not None]
    return pooled(np.stack(found)) if found else None


def _load(path: Path) -> np.ndarray:
    try:
        array: np.ndarray = np.load(path, allow_pickle=False)
    except ValueError as error:
        raise ImportFormatError(f"{path}: not a plain array ({error})") from error
    return array
