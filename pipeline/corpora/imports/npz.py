"""One .npz for a corpus: a row per utterance, plain arrays only (nothing is unpickled).

Arrays, N rows each: `utterance_id` (or made of dialogue and turn), `dialogue_id`, `turn` (or told
by `start_s`, or by the number that ends the id, in this order), `speaker`, `session`, `sentence`;
features (N, D) under the names that `import.arrays` gives, by default `audio`, `text`, `visual`.
Every other one-dimensional array is an annotation of that name; empty texts and `nan` give none.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from pipeline.base.records import MODALITIES, Modality
from pipeline.corpora.imports.columns import annotations_of, check_columns, rows_of_columns
from pipeline.corpora.imports.imported import (
    NUMERIC_KINDS,
    Imported,
    ImportFormatError,
    pooled,
)
from pipeline.corpora.imports.plain_arrays import ArrayArchive
from pipeline.corpora.texts import printable


def read(path: Path, names: Mapping[Modality, str]) -> Imported:
    """Read `path`; `names` says which array holds which modality."""
    with ArrayArchive(path) as archive:
        shapes = {name: archive.shape(name) for name in archive.names}
        if len(shapes.get("dialogue_id", ())) != 1:
            raise ImportFormatError(
                f"{path}: no array `dialogue_id` with one value a row; there are {_shown(shapes)}"
            )

        n_rows = shapes["dialogue_id"][0]
        chosen = _chosen(path, shapes, names)
        plain = [n for n, shape in shapes.items() if len(shape) == 1 and n not in chosen.values()]
        read_here = {*plain, *chosen.values()}
        odd = ((n, f"an array {shape}") for n, shape in shapes.items() if n not in read_here)
        check_columns(path, n_rows, odd)
        _check_rows(path, shapes, [*plain, *chosen.values()], n_rows)

        columns = {name: _texts(path, name, archive.read(name)) for name in plain}
        utterances, note = rows_of_columns(path, columns)
        return Imported(
            utterances,
            list(annotations_of(columns, utterances)),
            {
                modality: [pooled(row) for row in _matrix(path, name, archive.read(name))]
                for modality, name in chosen.items()
            },
            notes=[note, *_unread(shapes, {*plain, *chosen.values()})],
        ).in_order()


def _shown(shapes: Mapping[str, tuple[int, ...]]) -> str:
    first = sorted(shapes.items())[:20]
    return ", ".join(f"{printable(name, 40)} {shape}" for name, shape in first)


def _unread(shapes: Mapping[str, tuple[int, ...]], read: set[str]) -> Iterator[str]:
    """What lies in the file and is no annotation and no modality, such as `vision`."""
    others = {name: shape for name, shape in shapes.items() if name not in read}
    if others:
        yield f"not read, since no key of `arrays` names it: {_shown(others)}"


def _chosen(
    path: Path, shapes: Mapping[str, tuple[int, ...]], names: Mapping[Modality, str]
) -> dict[Modality, str]:
    chosen = dict(names) or {m: m for m in MODALITIES if len(shapes.get(m, ())) == 2}
    matrices = {name: shape for name, shape in shapes.items() if len(shape) == 2}

    if not chosen:
        raise ImportFormatError(
            f"{path}: none of {', '.join(MODALITIES)} is an (N, D) array; name those "
            f"that are: {_shown(matrices) or 'there is none'}",
            key="arrays",
        )

    for modality, name in chosen.items():
        if name not in matrices:
            raise ImportFormatError(
                f"{path}: {_no_matrix(name, shapes)}; of that form there are "
                f"{_shown(matrices) or 'none'}",
                key=f"arrays.{modality}",
            )
    return chosen


def _no_matrix(name: str, shapes: Mapping[str, tuple[int, ...]]) -> str:
    if name not in shapes:
        return f"there is no array {name!r}, an (N, D) array is needed"
    over_time = "; average over time first" if len(shapes[name]) == 3 else ""
    return f"{name!r} has the shape {shapes[name]}, an (N, D) array is needed{over_time}"


def _check_rows(
    path: Path, shapes: Mapping[str, tuple[int, ...]], names: list[str], n_rows: int
) -> None:
    for name in names:
        shape = shapes[name]
        if shape[0] != n_rows:
            turned = "; it stands on its side" if len(shape) == 2 and shape[1] == n_rows else ""
            raise ImportFormatError(
                f"{path}: {printable(name, 80)} has shape {shape}, expected {n_rows} rows as "
                f"`dialogue_id` has{turned}"
            )


def _matrix(path: Path, name: str, array: NDArray[Any]) -> NDArray[Any]:
    if array.dtype.kind not in NUMERIC_KINDS:
        raise ImportFormatError(f"{path}: {name} holds {array.dtype}, expected numbers")
    return array


def _texts(path: Path, name: str, array: NDArray[Any]) -> list[str]:
    """N values as texts; bytes are UTF-8."""
    try:
        values = array.tolist()
    except ValueError:  # numbers that are not characters
        raise ImportFormatError(f"{path}: {printable(name, 80)} holds what is not text") from None
    return [
        value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
        for value in values
    ]
