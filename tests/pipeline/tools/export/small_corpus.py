"""A corpus as the workflow leaves it, and the command that exports it."""

from dataclasses import replace

import numpy as np

from pipeline.base.records import MODALITIES, Annotation, Label, SplitRow, Utterance
from pipeline.base.tables import write_rows
from pipeline.features.cache.extractor import STATUSES
from pipeline.features.store import OK, FeatureStore, StoreHeader, table_digest, write_store
from pipeline.tools.export.__main__ import main

DIMS = {"audio": 3, "text": 5, "visual": 4}
TEXTS = ['Hello, "you"', "", "到了 ü", "=1+1", "x" * 300, "so"]
ROLES = ["train", "validation", "test"]


def utterances():
    """Three dialogues of two turns; the table has the turns of the first one turned round."""
    rows = [
        Utterance(
            f"d{k // 2}_{k % 2}", f"d{k // 2}", k % 2, "AB"[k % 2], f"s{k // 2}",
            f"d{k // 2}.mp4", float(k), k + 0.5, "full", TEXTS[k],
        )
        for k in range(6)
    ]  # fmt: skip
    return [rows[1], rows[0], *rows[2:]]


def write_corpus(folder, *, lost=(), empty=()):
    """utterances.csv, annotations.csv and features; `lost`: (modality, row) not extracted."""
    rows, rng = utterances(), np.random.default_rng(0)
    ids = [row.utterance_id for row in rows]
    write_rows(folder / "utterances.csv", rows, Utterance)
    told = [
        Annotation(row.utterance_id, name, value)
        for k, row in enumerate(rows)
        for name, value in (
            ("emotion", "happy" if k % 2 else "sad"),
            ("sentiment", f"{k - 2.5}"),
            ("split", ROLES[int(row.dialogue_id[1])]),
            ("file", "a name that numpy.savez could not take"),
        )
        if not (name == "sentiment" and k == 3)
    ]
    write_rows(folder / "annotations.csv", told, Annotation)

    for modality in MODALITIES:
        dim = 0 if modality in empty else DIMS[modality]
        gone = np.array([bool(dim == 0 or (modality, k) in lost) for k in range(len(ids))])
        features = rng.standard_normal((len(ids), dim)).astype(np.float32)
        features[gone] = 0
        status = np.where(gone, STATUSES.index("no_face"), OK).astype(np.uint8)
        header = StoreHeader(table_digest(ids), modality, "any", "0", "frames", "float32")
        store = FeatureStore(header, features, status == OK, status)
        write_store(folder / f"features/{modality}.safetensors", store)
    return folder


def write_task(folder, *, two_roles=False):
    """labels.csv and splits.csv of two folds; in the second the roles go round."""
    rows = utterances()
    labels = [Label(row.utterance_id, f"{k}") for k, row in enumerate(rows) if k != 5]
    write_rows(folder / "labels.csv", labels, Label)
    splits = [SplitRow(f"d{k}", fold, ROLES[(k + fold) % 3]) for fold in range(2) for k in range(3)]
    splits += [replace(splits[0], role="test")] if two_roles else []
    write_rows(folder / "splits.csv", splits, SplitRow)
    return folder


def export(*arguments):
    main([str(argument) for argument in arguments])
