"""A folder of .npy per modality, as GCNet and MERTools lay them out (reading.md B.2, B.3).

`<folder>/<utterance_id>.npy`, (D,) or (T, D); or `<folder>/<utterance_id>/*.npy`, frames to be
averaged; or `<folder>/<utterance_id>/compress_{F,M}.npy`, of which the speaker's own is taken.
Who speaks when, and the labels, come from a CSV with the columns of the folder reader
(utterance_id, dialogue_id, turn, speaker, session, text); other columns are annotations.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from pipeline.base.files import resolve_inside
from pipeline.base.records import Annotation, Modality, Utterance
from pipeline.corpora.imports.imported import (
    Imported,
    ImportFormatError,
    Vector,
    annotation,
    pooled,
    whole_number,
    without_media,
)
from pipeline.corpora.imports.places import NEEDED, read_table, vector_files
from pipeline.corpora.imports.plain_arrays import read_npy
from pipeline.corpora.sheets import Sheet
from pipeline.corpora.texts import printable

OPTIONAL: Final = ("speaker", "session", "text", "media", "start_s", "end_s", "region")
SHOWN_NAMES: Final = 8


def read(
    root: Path, folders: Mapping[Modality, str], table: str, links: Sequence[str] = ()
) -> Imported:
    """Read the vectors that `table`, a CSV, lists; table and `folders` lie inside `root`."""
    if not folders:
        raise ImportFormatError("name a folder for at least one modality", key="arrays")

    sheet = read_table(root, table, links)
    if sheet.dropped:
        first = sheet.dropped[0]
        raise ImportFormatError(f"{first.item}: {first.reason}")

    utterances = _utterances(sheet)
    annotations = [
        annotation(row.cells["utterance_id"].strip(), name, value)
        for row in sheet.rows
        for name, value in row.cells.items()
        if name not in NEEDED + OPTIONAL
    ]

    vectors = {
        modality: _vectors(root, f"arrays.{modality}", folder, utterances, links)
        for modality, folder in folders.items()
    }
    given: list[Annotation] = [annotation for annotation in annotations if annotation is not None]
    return Imported(utterances, given, vectors).in_order()


def _utterances(sheet: Sheet) -> list[Utterance]:
    found: list[Utterance] = []
    first: dict[str, str] = {}

    for row in sheet.rows:
        name = row.cells["utterance_id"].strip()
        if name in first:
            raise ImportFormatError(
                f"{row.source}: utterance_id {printable(name, 80)!r} stands twice, first in "
                f"{first[name]}"
            )

        first[name] = row.source
        found.append(
            without_media(
                row.source,
                name,
                row.cells["dialogue_id"].strip(),
                whole_number(row.cells["turn"], row.source, "turn"),
                row.cells.get("speaker", "").strip(),
                row.cells.get("text", ""),
                row.cells.get("session", "").strip(),
            )
        )
    return found


def _vectors(
    root: Path, key: str, relative: str, utterances: list[Utterance], links: Sequence[str]
) -> list[Vector | None]:
    """The vector of each utterance, or None where there is no file of its name."""
    folder = resolve_inside(root, relative, links)
    if not folder.is_dir():
        folders = [path.name for path in root.iterdir() if path.is_dir()]
        raise ImportFormatError(
            f"there is no folder {printable(relative, 80)}; there are {_shown(folders)}", key=key
        )

    files = vector_files(folder, [utterance.utterance_id for utterance in utterances])
    if utterances and not files:
        raise ImportFormatError(
            f"{printable(relative, 80)} holds no <utterance_id>.npy of the {len(utterances)} "
            f"utterances, the first is {utterances[0].utterance_id}.npy; it holds "
            f"{_shown([path.name for path in folder.iterdir()])}",
            key=key,
        )

    return [
        _vector(files.get(utterance.utterance_id, []), utterance, root, links)
        for utterance in utterances
    ]


def _vector(
    files: list[Path], utterance: Utterance, root: Path, links: Sequence[str]
) -> Vector | None:
    own = [path for path in files if path.stem == f"compress_{utterance.speaker}"]
    if not own and any(path.stem.startswith("compress_") for path in files):
        raise ImportFormatError(
            f"{files[0].parent}: no compress_{utterance.speaker}.npy for that speaker"
        )
    loaded = [_load(path, root, links) for path in (own or files)]
    found = [vector for vector in loaded if vector is not None]
    if len({len(vector) for vector in found}) > 1:
        raise ImportFormatError(f"{files[0].parent}: frames of different lengths")
    return pooled(np.stack(found)) if found else None


def _load(path: Path, root: Path, links: Sequence[str]) -> Vector | None:
    if path.is_symlink():
        base = root.resolve()
        resolve_inside(base, str(path.relative_to(base)), links)
    try:
        return pooled(read_npy(path))
    except ImportFormatError as error:
        raise ImportFormatError(
            str(error) if str(path) in str(error) else f"{path}: {error}"
        ) from None


def _shown(names: list[str]) -> str:
    names = sorted(names)
    more = f" and {len(names) - SHOWN_NAMES} more" if len(names) > SHOWN_NAMES else ""
    return ", ".join(printable(name, 60) for name in names[:SHOWN_NAMES]) + more or "nothing"
