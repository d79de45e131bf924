"""Computational sequences (.csd) of the CMU Multimodal SDK: HDF5, read without the SDK.

Layout (reading.md D.2, D.3): /<name>/data/<video>/features (n, columns) and intervals (n, 2),
seconds. HDF5 can point at other files by links and external storage: such a file is refused.
"""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.corpora.raw import CorpusError

if TYPE_CHECKING:
    import h5py

# What h5py raises for a file that is not HDF5, or a damaged one.
FAULTS = (OSError, RuntimeError, LookupError, ValueError, TypeError, ArithmeticError, MemoryError)
MAX_ROWS = 100_000  # of a file; CMU-MOSEI's has 23,453
MAX_COLUMNS = 64


@dataclass(frozen=True, slots=True)
class CsdRow:
    """One labelled span of a video; `row` counts from 0 in the order of the file."""

    video: str
    row: int
    start_s: float
    end_s: float
    values: tuple[float, ...]


def read_csd(path: Path) -> list[CsdRow]:
    """All rows of a computational sequence, videos in the order of their ids."""
    import h5py  # slow to import, and needed by nobody who plans or who has other labels

    try:
        with h5py.File(path, "r") as file:
            (name,) = _children(file, path)[:1] or ("",)
            data = _child(_child(file, name, path), "data", path)
            rows: list[CsdRow] = []
            for video in sorted(_children(data, path)):
                rows += _read_video(_child(data, video, path), video, path)
                if len(rows) > MAX_ROWS:
                    raise CorpusError(f"{path.name}: more than {MAX_ROWS:,} rows")
            return rows
    except CorpusError:
        raise
    except FAULTS as error:
        raise CorpusError(f"{path.name}: not a readable HDF5 file ({error})") from None


def _read_video(group: "h5py.Group", video: str, path: Path) -> list[CsdRow]:
    values = _numbers(_child(group, "features", path), path, MAX_COLUMNS)
    spans = _numbers(_child(group, "intervals", path), path, 2)
    if len(values) != len(spans) or any(len(span) != 2 for span in spans):
        raise CorpusError(
            f"{path.name}: {video} has {len(values)} rows of features and {len(spans)} intervals"
        )
    return [
        CsdRow(video, row, start_s, end_s, tuple(columns))
        for row, (columns, (start_s, end_s)) in enumerate(zip(values, spans, strict=True))
    ]


def _children(group: "h5py.Group", path: Path) -> list[str]:
    import h5py

    if not isinstance(group, h5py.Group):
        raise CorpusError(
            f"{path.name}: {group.name} is not a group; expected /<name>/data/<video>"
        )
    return list(group.keys())


def _child(group: "h5py.Group", name: str, path: Path) -> Any:
    import h5py

    link = group.get(name, getlink=True) if name in _children(group, path) else None
    if not isinstance(link, h5py.HardLink):
        what = "is not there" if link is None else "is a link to another place"
        raise CorpusError(
            f"{path.name}: {group.name.rstrip('/')}/{name or '<name>'} {what}; "
            "expected /<name>/data/<video>/features and intervals"
        )
    return group[name]


def _numbers(dataset: "h5py.Dataset", path: Path, max_columns: int) -> list[list[float]]:
    """A small table of plain numbers; the sizes are checked before anything is read."""
    import h5py

    is_plain = (
        isinstance(dataset, h5py.Dataset)
        and dataset.dtype.kind in "fiu"
        and dataset.ndim == 2
        and not dataset.is_virtual
        and not dataset.external
    )
    if not is_plain:
        raise CorpusError(f"{path.name}: {dataset.name} is not a table of numbers in the file")
    # A chunk is unfolded whole, however little of it is in the table.
    largest = max(math.prod(dataset.shape), math.prod(dataset.chunks or (0,)))
    if largest > MAX_ROWS * max_columns or dataset.shape[1] > max_columns:
        raise CorpusError(
            f"{path.name}: {dataset.name} has shape {dataset.shape}, too large"
            + (f"; in chunks of {dataset.chunks}" if dataset.chunks else "")
        )
    return [[float(value) for value in row] for row in dataset[()]]
