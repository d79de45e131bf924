"""What every import reader returns, and the checks and the pooling that they share.

Sequences are averaged over their real frames (reading.md B.2); an utterance without a frame, or
whose vector is not finite, is `extracted = False`, never a vector of zeros.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.base.records import Annotation, Dropped, Modality, RecordError, Utterance
from pipeline.base.roles import ROLE_NAMES
from pipeline.corpora.texts import clean_text, printable

Vector = NDArray[np.float32]
NUMERIC_KINDS: Final = "fiub"
# Turns and numbers of clips; longer ones would not fit the tables' integers.
_WHOLE: Final = re.compile(r"([+-]?[0-9]{1,15})(\.0*)?")


class ImportFormatError(ValueError):
    """A file of features does not have the layout that its format promises.

    `key` is the key below `corpora.<name>.import` that is at fault, "" where a file is.
    """

    def __init__(self, message: str, key: str = "") -> None:
        super().__init__(message)
        self.key = key


@dataclass(frozen=True)
class Imported:
    """N utterances, and per modality one (D,) vector or None for each of them."""

    utterances: Sequence[Utterance]
    annotations: Sequence[Annotation]
    vectors: Mapping[Modality, Sequence[Vector | None]]
    dropped: Sequence[Dropped] = ()
    notes: Sequence[str] = ()

    def in_order(self) -> "Imported":
        """The same, dialogue by dialogue in the order of turns."""
        keys = [(u.dialogue_id, u.turn) for u in self.utterances]
        order = sorted(range(len(keys)), key=keys.__getitem__)
        return Imported(
            [self.utterances[i] for i in order],
            self.annotations,
            {name: [rows[i] for i in order] for name, rows in self.vectors.items()},
            self.dropped,
            self.notes,
        )


def check(imported: Imported, sources: Mapping[Modality, str]) -> Imported:
    """Refuse what would be taken for data: no utterance, ids or turns twice, nothing of a modality.

    `sources` says where each modality comes from, for the messages.
    """
    if not imported.utterances:
        raise ImportFormatError("no utterance in it")
    _check_once((one.utterance_id for one in imported.utterances), "utterance_id")
    _check_once((f"{one.dialogue_id} turn {one.turn}" for one in imported.utterances), "dialogue")
    for modality, vectors in imported.vectors.items():
        _check_vectors(imported, vectors, modality, sources.get(modality, modality))
    return imported


def _check_once(names: Iterator[str], what: str) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ImportFormatError(f"{what} {name!r} stands twice")
        seen.add(name)


def _check_vectors(
    imported: Imported, vectors: Sequence[Vector | None], modality: Modality, source: str
) -> None:
    first: tuple[str, int] | None = None
    for one, vector in zip(imported.utterances, vectors, strict=True):
        if vector is None:
            continue
        if first is None:
            first = one.utterance_id, len(vector)
        elif len(vector) != first[1]:
            raise ImportFormatError(
                f"{source}: {one.utterance_id} has {len(vector)} values, {first[0]} has "
                f"{first[1]}; vectors of one modality have one length",
                key=f"arrays.{modality}",
            )
    if first is None:
        raise ImportFormatError(
            f"{source} gives no vector of numbers for any of the {len(vectors)} utterances; "
            "leave the modality out, or name what holds it",
            key=f"arrays.{modality}",
        )


def pooled(value: NDArray[np.floating]) -> Vector | None:
    """Mean over time of (T, D), or (D,) as it is; None where there is no frame or no number.

    Axes of length 1 before these count for nothing: (1, T, D) is (T, D), as GCNet reads it.
    """
    while value.ndim > 2 and value.shape[0] == 1:
        value = value[0]
    if value.ndim not in (1, 2) or value.dtype.kind not in NUMERIC_KINDS:
        raise ImportFormatError(
            f"features of shape {value.shape} and type {value.dtype}: "
            "expected numbers, (D,) or (T, D)"
        )
    if value.size == 0:
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        vector = value.astype(np.float64).mean(axis=0) if value.ndim == 2 else value
        vector = vector.astype(np.float32)
    return vector if np.isfinite(vector).all() else None


def without_media(
    where: str,
    utterance_id: str,
    dialogue_id: str,
    turn: int,
    speaker: str,
    text: str,
    session: str = "",
) -> Utterance:
    """An utterance that has features but no file; `where` says which row it is."""
    texts = [storable(one) for one in (speaker, session, text)]
    end_s = float("inf")
    try:
        return Utterance(
            utterance_id, dialogue_id, turn, texts[0], texts[1], "", 0.0, end_s, "full", texts[2]
        )
    except RecordError as error:
        raise ImportFormatError(f"{where}: {error}") from None


def annotation(utterance_id: str, name: str, value: str) -> Annotation | None:
    """What a corpus says of an utterance; None where the value is empty or no number (`nan`)."""
    value = storable(value)
    if not value or value.lower() == "nan":
        return None
    if name == "split":
        value = ROLE_NAMES.get(value.lower(), value)
    return Annotation(utterance_id, storable(name), value)


def whole_number(value: str, where: str, what: str) -> int:
    """`value` as a whole number: 3, 3.0; anything else is refused with its place."""
    match = _WHOLE.fullmatch(value.strip())
    if match is None:
        raise ImportFormatError(
            f"{where}: {what} {printable(value, 80)!r} is not a whole number, expected 0, 1, 2, ..."
        )
    return int(match[1])


def storable(text: str) -> str:
    """One line that a table can hold."""
    return clean_text(text.encode("utf-8", "replace").decode())
