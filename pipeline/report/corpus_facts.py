"""What the folder of a corpus says of it, read once."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.base.artefacts import features_place
from pipeline.base.records import FaceRow, Utterance
from pipeline.base.tables import read_rows
from pipeline.config.corpora import PUBLIC_READERS
from pipeline.config.report import TextShown
from pipeline.features.store import StoreHeader, read_store


@dataclass(frozen=True)
class FeatureFacts:
    """A feature store of N utterances without its vectors: of many corpora they fill a memory."""

    header: StoreHeader
    dim: int
    statuses: Sequence[str]  # (N,)
    extracted: NDArray[np.bool_]  # (N,)
    seconds: NDArray[np.float32] | None  # (N, 2): asked and found; NaN = unknown
    remarks: Mapping[int, str]  # by row of the table


@dataclass(frozen=True)
class CorpusFacts:
    """What `build/{corpus}` says, read once."""

    folder: Path
    account: Mapping[str, Any]  # corpus.json
    utterances: Sequence[Utterance]
    features: Mapping[str, FeatureFacts]
    faces: Mapping[str, FaceRow]
    tasks: Mapping[str, Any]  # tasks.json


def read_corpus_facts(
    folder: Path, modalities: Sequence[str], tables: Sequence[Path]
) -> CorpusFacts:
    """Read tables, facts of features and `tables` of faces; others may be of former shards."""
    utterances = read_rows(folder / "utterances.csv", Utterance)
    ids = [utterance.utterance_id for utterance in utterances]
    return CorpusFacts(
        folder,
        account=json.loads((folder / "corpus.json").read_text(encoding="utf-8")),
        utterances=utterances,
        features={name: _feature_facts(folder / features_place(name), ids) for name in modalities},
        faces={row.utterance_id: row for path in tables for row in read_rows(path, FaceRow)},
        tasks=json.loads((folder / "tasks.json").read_text(encoding="utf-8")),
    )


def is_text_shown(text: TextShown, account: Mapping[str, Any]) -> bool:
    """Words of own recordings are private until somebody says otherwise."""
    if text != "auto":
        return text
    return bool(account["is_synthetic"]) or account["reader"] in PUBLIC_READERS


def _feature_facts(path: Path, ids: Sequence[str]) -> FeatureFacts:
    store = read_store(path, ids)
    statuses = [store.header.statuses[code] for code in store.status]
    rest = (store.extracted, store.seconds, store.remarks)
    return FeatureFacts(store.header, store.dim, statuses, *rest)
