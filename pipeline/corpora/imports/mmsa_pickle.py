"""MMSA's aligned_50.pkl, unaligned_50.pkl and MMSA-FET's feature.pkl, read as data, never run.

Three splits, each with `id` (`<video>$_$<number of the clip>`), `regression_labels`, `raw_text`,
and features (N, T, D) under `audio`, `text`, `vision`; reading.md D.4, MMSA's data_loader.py and
MMSA-FET's dataset.py, which leaves out what it did not extract and may pad at the front.
Sequences are averaged over their real lengths; audio holds -inf in places, which counts as 0 as it
does in MMSA.
"""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.base.pickle_machine import PickleError
from pipeline.base.records import Annotation, Modality, Utterance
from pipeline.base.roles import ROLE_NAMES
from pipeline.corpora.imports.imported import (
    NUMERIC_KINDS,
    Imported,
    ImportFormatError,
    Vector,
    annotation,
    pooled,
    whole_number,
    without_media,
)
from pipeline.corpora.imports.pickled_arrays import BYTES_OF_OBJECT, Budget, Opaque, plain_value
from pipeline.corpora.imports.plain_pickle import read_plain_pickle
from pipeline.corpora.texts import printable

SPLITS = ("train", "valid", "test")
KEYS: Mapping[Modality, str] = {"audio": "audio", "text": "text", "visual": "vision"}
NEEDED: Final = ("id", "regression_labels")
LENGTHS: Final[Mapping[Modality, str]] = {"audio": "audio_lengths", "visual": "vision_lengths"}
Rows = Sequence[Any] | NDArray[Any]


def read(path: Path, names: Mapping[Modality, str]) -> Imported:
    """Read the three splits; `names` may say other keys for the modalities."""
    splits = _load(path)
    keys = dict(names) or _keys_there(splits)
    if not keys:
        raise ImportFormatError(f"{path}: train has none of {', '.join(KEYS.values())}")
    budget = Budget(path.stat().st_size)  # rows may stand for each other in a pickle
    utterances: list[Utterance] = []
    annotations: list[Annotation | None] = []
    vectors: dict[Modality, list[Vector | None]] = {modality: [] for modality in keys}

    for split in SPLITS:
        part = _Part(path, splits, split, keys, budget)
        for row in range(part.n_rows):
            utterance = part.utterance(row)
            utterances.append(utterance)
            sentiment = part.number("regression_labels", row)
            annotations += [
                annotation(utterance.utterance_id, "sentiment", str(sentiment)),
                annotation(utterance.utterance_id, "split", ROLE_NAMES[split]),
            ]
            for modality, key in keys.items():
                vectors[modality].append(part.vector(modality, key, row))

    given = [annotation for annotation in annotations if annotation is not None]
    return Imported(utterances, given, vectors).in_order()


def _load(path: Path) -> Mapping[str, Any]:
    try:
        value = read_plain_pickle(path)
    except PickleError as error:
        raise ImportFormatError(f"{path}: not a readable pickle: {error}") from None
    if not isinstance(value, dict):
        raise ImportFormatError(f"{path}: holds {_kind(value)}, expected a dictionary")
    return value


def _keys_there(splits: Mapping[str, Any]) -> dict[Modality, str]:
    part = splits.get("train")
    return {m: key for m, key in KEYS.items() if isinstance(part, dict) and key in part}


class _Part:
    """One split of the file, its rows checked when they are asked for."""

    def __init__(
        self,
        path: Path,
        splits: Mapping[str, Any],
        split: str,
        keys: Mapping[Modality, str],
        budget: Budget,
    ) -> None:
        self._where, self._budget = f"{path}: {split}", budget
        part = splits.get(split)
        if not isinstance(part, dict):
            raise ImportFormatError(f"{self._where} is {_kind(part)}, expected a dictionary")

        if lacking := [key for key in (*NEEDED, *keys.values()) if key not in part]:
            there = ", ".join(printable(key, 40) for key in sorted(part)[:20])
            raise ImportFormatError(f"{self._where} lacks {', '.join(lacking)}; it has {there}")

        self.n_rows = len(self._rows(part["id"], "id"))
        read = {*NEEDED, *keys.values(), *LENGTHS.values(), "raw_text", "text_bert"} & part.keys()
        self._columns = {key: self._rows(part[key], key) for key in read}
        for key, rows in self._columns.items():
            if len(rows) != self.n_rows:
                raise ImportFormatError(
                    f"{self._where}.{key} has {len(rows)} rows, {self._where}.id has {self.n_rows}"
                )

    def utterance(self, row: int) -> Utterance:
        """Id, place in its dialogue, and text of a row."""
        where = f"{self._where}.id row {row}"
        identifier = self._text("id", row)
        video, mark, clip = identifier.partition("$_$")
        if not mark:
            raise ImportFormatError(
                f"{where}: {printable(identifier, 80)!r}, expected <video>$_$<number of the clip>"
            )
        turn = whole_number(clip, where, "number of the clip")
        text = self._text("raw_text", row) if "raw_text" in self._columns else ""
        return without_media(where, f"{video}_{clip.strip()}", video, turn, "", text)

    def number(self, key: str, row: int) -> float:
        """One number of a row, which may stand in an array of its own."""
        array = self._array(key, row)
        if array.size != 1:
            raise self._fault(key, row, f"{array.size} values, expected one number")
        return float(array.reshape(-1)[0])

    def vector(self, modality: Modality, key: str, row: int) -> Vector | None:
        """The frames of a row that are no padding, averaged."""
        sequence = self._array(key, row)
        sequence = np.where(np.isneginf(sequence), 0.0, sequence)
        if sequence.ndim == 2:
            sequence = _real(sequence, self._length(modality, row))
        try:
            return pooled(sequence)
        except ImportFormatError as error:
            raise self._fault(key, row, str(error)) from None

    def _length(self, modality: Modality, row: int) -> int | None:
        """Real length: as stated; else, for text and for aligned data, the text's mask."""
        stated = LENGTHS.get(modality, "")
        if stated in self._columns:
            length = self.number(stated, row)
        elif "text_bert" in self._columns:
            ids_mask_segments = self._array("text_bert", row)
            if ids_mask_segments.ndim != 2 or len(ids_mask_segments) != 3:
                raise self._fault("text_bert", row, "not (3, T): ids, mask, segments")
            length = float(ids_mask_segments[1].sum())
        else:
            return None
        if not math.isfinite(length) or length < 0 or length != int(length):
            raise self._fault(stated or "text_bert", row, f"{length} is not a number of frames")
        return int(length)

    def _text(self, key: str, row: int) -> str:
        try:
            value = self._columns[key][row]
        except ValueError:  # numpy, for numbers that are not characters
            raise self._fault(key, row, "not text") from None
        if isinstance(value, bytes):  # of Python 2
            return bytes(value).decode("utf-8", "replace")
        if not isinstance(value, str):
            raise self._fault(key, row, f"{_kind(value)}, expected text")
        return str(value)

    def _array(self, key: str, row: int) -> NDArray[np.float64]:
        value = plain_value(self._columns[key][row])
        try:
            return _numbers(value, self._budget)
        except (ValueError, OverflowError) as error:
            raise self._fault(key, row, f"{_kind(value)}, expected numbers ({error})") from None

    def _rows(self, value: Any, key: str) -> Rows:
        found = plain_value(value)
        if isinstance(found, list | tuple) or (isinstance(found, np.ndarray) and found.ndim):
            return found
        raise ImportFormatError(f"{self._where}.{key} is {_kind(value)}, expected an array of rows")

    def _fault(self, key: str, row: int, what: str) -> ImportFormatError:
        return ImportFormatError(f"{self._where}.{key} row {row}: {what}")


def _real(sequence: NDArray[np.float64], length: int | None) -> NDArray[np.float64]:
    """The frames that are no padding: the first ones, or the last where zeros stand before them."""
    if length is None or length >= len(sequence):
        return sequence
    n_padded = len(sequence) - length
    if length and sequence[length:].any() and not sequence[:n_padded].any():
        return sequence[n_padded:]
    return sequence[:length]


def _numbers(value: Any, budget: Budget) -> NDArray[np.float64]:
    """An array of numbers from one, from a number, or from lists of numbers of one length."""
    if isinstance(value, list | tuple) and value and not isinstance(value[0], int | float):
        budget.spend(BYTES_OF_OBJECT * len(value))
        return np.stack([_numbers_of_row(plain_value(inner), budget) for inner in value])
    return _numbers_of_row(value, budget)


def _numbers_of_row(value: Any, budget: Budget) -> NDArray[np.float64]:
    if isinstance(value, list | tuple):
        budget.spend(BYTES_OF_OBJECT * len(value))
        if not all(isinstance(number, int | float) for number in value):
            raise ValueError("a list holds something else")
        return np.array([float(number) for number in value])
    if isinstance(value, int | float):
        return np.array(float(value))
    if not isinstance(value, np.ndarray | np.generic) or value.dtype.kind not in NUMERIC_KINDS:
        raise ValueError("no number")
    budget.spend(value.nbytes)
    return np.asarray(value).astype(np.float64)


def _kind(value: Any) -> str:
    value = plain_value(value)
    if isinstance(value, Opaque):
        return f"a {printable(value.name, 80)}, which is not read"
    if isinstance(value, np.ndarray):
        return f"an array of {value.dtype} and shape {value.shape}"
    return "nothing" if value is None else f"a {type(value).__name__}"
