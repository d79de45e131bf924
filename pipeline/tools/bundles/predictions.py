"""Predictions of a method that ran elsewhere, as a table that `extend` reads.

A .csv with a header, or an .npz of one-dimensional arrays of the same names. A row is an utterance
under a condition, of a fold and a seed:

    task          of a bundle of several tasks
    fold, seed    0, 1, ...; every fold of the bundle, the same seeds in each
    rate          the condition: 0.0, 0.3, only:audio, ... ; every one of the bundle
    utterance_id  every utterance that the fold tests, once
    predicted     a class of the task, or a number
    audio, text, visual   those of the task: 1 = the method was given it, 0 = withheld
    score_CLASS   its probability; of all classes or of none

Other columns are not read. Nothing is unpickled.
"""

from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from pipeline.base.records import Modality
from pipeline.config.condition_parts import ConditionError
from pipeline.config.conditions import parse_condition
from pipeline.corpora.imports.plain_arrays import ArrayArchive
from pipeline.corpora.texts import printable
from pipeline.tools.bundles.errors import BundleError, told

MAX_BYTES: Final = 4 * 2**30
MAX_SHOWN: Final = 20
KEYS: Final = ("fold", "seed", "rate", "utterance_id", "predicted")
GIVEN: Final = {"1": True, "0": False, "True": True, "False": False, "1.0": True, "0.0": False}


def read_predictions_table(
    path: Path, modalities: tuple[Modality, ...], classes: tuple[str, ...], *, has_tasks: bool
) -> pd.DataFrame:
    """Texts, but fold and seed are numbers and the modalities truth values."""
    if not path.is_file():
        raise BundleError(f"{path} is not there")
    if path.stat().st_size > MAX_BYTES:
        raise BundleError(f"{path} has more than {MAX_BYTES:,} bytes")
    with told(path):
        table = _npz(path) if path.suffix == ".npz" else _csv(path)

        needed = [*(["task"] if has_tasks else []), *KEYS, *modalities]
        if missing := [name for name in needed if name not in table]:
            there = printable(", ".join(table.columns[:MAX_SHOWN]))
            raise BundleError(f"{path} has no column {', '.join(missing)}; there are: {there}")
        scores = [f"score_{name}" for name in classes]
        scores = scores if scores and all(name in table for name in scores) else []

        table = table[[*needed, *scores]].copy()
        for name in ("fold", "seed"):
            table[name] = _whole_numbers(path, name, table[name])
        for name in modalities:
            table[name] = _truths(path, name, table[name])
        table["rate"] = table["rate"].map(
            {text: _condition(path, text) for text in set(table["rate"])}
        )
    return table


def _csv(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def _npz(path: Path) -> pd.DataFrame:
    with ArrayArchive(path) as archive:
        columns = {name: archive.read(name) for name in archive.names}
    lengths = {name: column.shape for name, column in columns.items()}
    if len(set(lengths.values())) != 1 or any(len(shape) != 1 for shape in lengths.values()):
        raise BundleError(f"{path}: arrays need one dimension and one length: {lengths}")
    return pd.DataFrame({name: _texts(column) for name, column in columns.items()})


def _texts(column: np.ndarray[tuple[int], np.dtype[np.generic]]) -> list[str]:
    values = column.tolist()
    return [value.decode() if isinstance(value, bytes) else str(value) for value in values]


def _whole_numbers(path: Path, name: str, column: pd.Series) -> pd.Series:
    is_whole = column.str.fullmatch(r"[0-9]{1,9}")
    if not is_whole.all():
        raise BundleError(
            f"{path}: {name} {printable(column[~is_whole].iloc[0], 40)!r} is no whole number"
        )
    return column.astype(np.int64)


def _truths(path: Path, name: str, column: pd.Series) -> pd.Series:
    found = column.map(GIVEN)
    if found.isna().any():
        strange = printable(column[found.isna()].iloc[0], 40)
        raise BundleError(f"{path}: {name} {strange!r} is neither 1 (given) nor 0 (withheld)")
    return found.astype(bool)


def _condition(path: Path, text: str) -> str:
    try:
        return parse_condition(text).name
    except ConditionError as error:
        raise BundleError(f"{path}: rate {printable(text, 40)!r}: {error}") from None
