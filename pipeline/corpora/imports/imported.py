"""What every import reader returns, and the checks and the pooling that they share.

Sequences are averaged over their real frames (reading.md B.2); an utterance without a frame, or
whose vector is not finite, is `extracted = False`, never a vector of zeros.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
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


def check_imported(imported: Imported, sources: Mapping[Modality, str]) -> Imported:
    """Refuse what would be taken for data, and note where vectors are missing or zeros.

    Refused are no utterance, ids or turns twice, nothing of a modality. `sources` says where each
    modality comes from, for the messages.
    """
    if not imported.utterances:
        raise ImportFormatError("no utterance in it")
    _check_once(imported.utterances)
    notes = [
        f"{modality}: {note}"
        for modality, vectors in imported.vectors.items()
        for note in _check_vectors(imported, vectors, modality, sources.get(modality, modality))
    ]
    return replace(imported, notes=[*imported.notes, *notes])


def _check_once(utterances: Sequence[Utterance]) -> None:
    ids: set[str] = set()
    turns: dict[tuple[str, int], str] = {}
    for utterance in utterances:
        if utterance.utterance_id in ids:
            raise ImportFormatError(f"utterance_id {utterance.utterance_id!r} stands twice")
        ids.add(utterance.utterance_id)
        other = turns.setdefault((utterance.dialogue_id, utterance.turn), utterance.utterance_id)
        if other != utterance.utterance_id:
            raise ImportFormatError(
                f"dialogue {utterance.dialogue_id!r} has turn {utterance.turn} twice: {other} and "
                f"{utterance.utterance_id}"
            )


def _check_vectors(
    imported: Imported, vectors: Sequence[Vector | None], modality: Modality, source: str
) -> Iterator[str]:
    key, n = f"arrays.{modality}", len(vectors)
    named = zip((utterance.utterance_id for utterance in imported.utterances), vectors, strict=True)
    there = [(name, vector) for name, vector in named if vector is not None]

    if not there:
        raise ImportFormatError(
            f"{source} gives no vector of numbers for any of the {n} utterances; "
            "leave the modality out, or name what holds it",
            key=key,
        )

    first, expected = there[0][0], len(there[0][1])
    for name, vector in there:
        if len(vector) != expected:
            raise ImportFormatError(
                f"{source}: {name} has {len(vector)} values, {first} has {expected}; vectors of "
                "one modality have one length",
                key=key,
            )

    n_zeros = sum(not vector.any() for _, vector in there)
    if n_zeros == len(there) and n > 1:
        raise ImportFormatError(
            f"{source} gives zeros alone for {n_zeros} of {n} utterances, and else nothing; leave "
            "the modality out, or name what holds it",
            key=key,
        )

    if len(there) < n:
        yield (
            f"{n - len(there)} of {n} utterances have no vector: there is none, or a number in it "
            "is NaN, infinite or too large for 32 bits"
        )
    if n_zeros:
        yield (
            f"{n_zeros} of {n} vectors are zeros, which count as data; where nothing was "
            "extracted, leave the file out or write NaN"
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
    texts = [storable(field) for field in (speaker, session, text)]
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
