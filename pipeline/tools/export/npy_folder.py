"""A folder of .npy for each modality and one table, as GCNet lays them out (reading.md B.2).

    table.csv  audio/UTTERANCE.npy  text/UTTERANCE.npy  visual/UTTERANCE.npy     each (D,) float32

What was not extracted has no file.
"""

import csv
import io
import os
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Final

import numpy as np

from pipeline.base.files import one_without_capitals, write_text
from pipeline.base.records import Utterance
from pipeline.tools.export.content import Content, ExportError
from pipeline.tools.export.new_folder import new_folder

TABLE: Final = "table.csv"
COLUMNS: Final = tuple(field.name for field in fields(Utterance))


def write_npy_folder(folder: Path, content: Content) -> None:
    """Write a new folder, whole or not at all; what is in an old one would be taken for vectors."""
    content.refuse_names(COLUMNS)
    _refuse_one_name([utterance.utterance_id for utterance in content.utterances])
    with new_folder(folder) as part:
        _fill(part, content)


def _refuse_one_name(ids: Sequence[str]) -> None:
    """Refuse ids whose files would be one where a disk knows no capitals."""
    if alike := one_without_capitals(ids):
        raise ExportError(
            f"the utterances {alike[0]!r} and {alike[1]!r} differ by capitals alone: their files "
            "would be one on disks that know no capitals; use `--format npz`"
        )


def _fill(folder: Path, content: Content) -> None:
    for modality, vectors in content.vectors.items():
        (folder / modality).mkdir()
        for utterance, vector in zip(content.utterances, vectors, strict=True):
            if np.isfinite(vector).all():
                path = folder / modality / f"{utterance.utterance_id}.npy"
                np.save(path, vector, allow_pickle=False)
    os.sync()  # once for all of them: thousands of small files
    write_text(folder / TABLE, _table(content))


def _table(content: Content) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow([*COLUMNS, *content.annotations])
    for row, utterance in enumerate(content.utterances):
        values = [getattr(utterance, name) for name in COLUMNS]
        told = [column[row] for column in content.annotations.values()]
        writer.writerow([*values, *told])
    return buffer.getvalue()
