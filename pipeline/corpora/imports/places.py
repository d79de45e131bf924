"""Which files an import opens: asked by the readers and, whenever the workflow is planned, by
`fingerprint`. Nothing heavy is imported here.

A folder of vectors holds `<utterance_id>.npy`, or `<utterance_id>/*.npy`; hidden files in it, such
as the `._*` twins that macOS leaves behind, are no vectors. The folder itself may be hidden.
"""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from pipeline.base.files import resolve_inside
from pipeline.config.corpora import ImportSettings
from pipeline.corpora.raw import CorpusError
from pipeline.corpora.sheets import Sheet, read_sheet

NEEDED: Final = ("utterance_id", "dialogue_id", "turn")
SUFFIX: Final = ".npy"


def read_table(root: Path, relative: str, links: Sequence[str] = ()) -> Sheet:
    """The table of a folder of vectors."""
    return read_sheet(root, relative, NEEDED, links)


def vector_files(folder: Path, ids: Iterable[str]) -> dict[str, list[Path]]:
    """Files of each utterance that has some: its own, else those in a folder of its name."""
    there = {entry.name: entry for entry in os.scandir(folder) if not entry.name.startswith(".")}
    found: dict[str, list[Path]] = {}
    for utterance_id in ids:
        file, frames = there.get(f"{utterance_id}{SUFFIX}"), there.get(utterance_id)
        if file is not None and file.is_file():
            found[utterance_id] = [folder / file.name]
        elif frames is not None and frames.is_dir() and (inside := _frames(folder / utterance_id)):
            found[utterance_id] = inside
    return found


def _frames(folder: Path) -> list[Path]:
    names = (entry.name for entry in os.scandir(folder))
    return [
        folder / name
        for name in sorted(names)
        if name.endswith(SUFFIX) and not name.startswith(".")
    ]


def files_opened(root: Path, settings: ImportSettings, links: Sequence[str]) -> list[Path]:
    """Every file that the import reads; where it would be refused, what is there of them."""
    table = resolve_inside(root, settings.path, links)
    if settings.format != "npy_folder":
        return [table]

    try:
        rows = read_table(root, settings.path, links).rows
    except CorpusError:  # the stage says what is wrong with it
        return [table]

    ids = [row.cells["utterance_id"].strip() for row in rows]
    present = [resolve_inside(root, name, links) for name in sorted(settings.arrays.values())]
    return [
        table,
        *(
            path
            for folder in present
            if folder.is_dir()
            for paths in vector_files(folder, ids).values()
            for path in paths
        ),
    ]
