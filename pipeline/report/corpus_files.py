"""What the folder of a corpus says of it, read once."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.base.arrays import read_arrays
from pipeline.base.records import FaceRow, Modality, Utterance
from pipeline.base.tables import read_rows
from pipeline.features.store import REMARKS


@dataclass(frozen=True)
class CorpusFiles:
    """What `build/{corpus}` says, read once."""

    folder: Path
    account: Mapping[str, Any]  # corpus.json
    utterances: Sequence[Utterance]
    statuses: Mapping[Modality, Sequence[str]]  # in the order of the table
    seconds: Mapping[Modality, NDArray[np.float32]]  # (N, 2): asked and found; NaN = unknown
    remarks: Mapping[Modality, Mapping[int, str]]  # by row of the table
    encoders: Mapping[Modality, Mapping[str, Any]]  # headers of the feature files, with their dim
    faces: Mapping[str, FaceRow]
    tasks: Mapping[str, Any]  # tasks.json


def read_corpus_files(
    folder: Path, modalities: Sequence[Modality], tables: Sequence[Path]
) -> CorpusFiles:
    """Read tables, features' statuses and `tables` of faces; others may be of former shards."""
    statuses, encoders, seconds, remarks = {}, {}, {}, {}
    for modality in modalities:
        arrays, header = read_arrays(folder / "features" / f"{modality}.safetensors")
        statuses[modality] = [str(header["statuses"][code]) for code in arrays["status"]]
        if "seconds" in arrays:
            seconds[modality] = arrays["seconds"]
        remarks[modality] = {int(row): text for row, text in header.get(REMARKS, {}).items()}
        encoders[modality] = {**header, "dim": int(arrays["features"].shape[1])}
    faces = {row.utterance_id: row for path in tables for row in read_rows(path, FaceRow)}
    account = json.loads((folder / "corpus.json").read_text(encoding="utf-8"))
    utterances = read_rows(folder / "utterances.csv", Utterance)
    tasks = json.loads((folder / "tasks.json").read_text(encoding="utf-8"))
    found = (statuses, seconds, remarks, encoders)
    return CorpusFiles(folder, account, utterances, *found, faces, tasks)
