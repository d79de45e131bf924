"""Columns of one table, N texts each, as utterances and what is said of them."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from pipeline.base.records import Annotation, Utterance
from pipeline.corpora.imports.imported import ImportFormatError, annotation, without_media
from pipeline.corpora.imports.turns import order_of_turns
from pipeline.corpora.sheets import MAX_ROWS

OWN_COLUMNS: Final = ("utterance_id", "dialogue_id", "turn", "speaker", "session", "sentence")
ASKED: Final = (*OWN_COLUMNS, "start_s")
Columns = Mapping[str, list[str]]  # by name: N texts


def check_columns(path: Path, n_rows: int, unread: Iterable[tuple[str, str]]) -> None:
    """Refuse more rows than memory should hold, and columns of ours that cannot be read.

    `unread`: name and form of what is no text or number a row. Passed over, a turn or an id of
    another form would be made up in its place.
    """
    if n_rows > MAX_ROWS:
        raise ImportFormatError(f"{path}: {n_rows:,} rows, at most {MAX_ROWS:,} are read")
    for name, form in unread:
        if name in ASKED:
            raise ImportFormatError(
                f"{path}: {name} holds {form}, expected a text or a number a row: write it so, or "
                "rename it if it means something else"
            )


def rows_of_columns(path: Path, columns: Columns) -> tuple[list[Utterance], str]:
    """The rows as utterances, and what told the order of their turns."""
    dialogues = [value.strip() for value in columns["dialogue_id"]]
    n_rows = len(dialogues)
    ids = [value.strip() for value in columns.get("utterance_id", [])]
    turns, note = order_of_turns(path, columns, dialogues, ids)
    ids = ids or [f"{dialogue}_{turn}" for dialogue, turn in zip(dialogues, turns, strict=True)]
    speakers, sentences, sessions = (
        columns.get(name, [""] * n_rows) for name in ("speaker", "sentence", "session")
    )
    rows = zip(ids, dialogues, turns, speakers, sentences, sessions, strict=True)
    return [without_media(f"{path}: row {k}", *row) for k, row in enumerate(rows)], note


def annotations_of(columns: Columns, utterances: list[Utterance]) -> Iterator[Annotation]:
    """Every column that is not one of `OWN_COLUMNS`; empty texts and `nan` say nothing."""
    for name in sorted(columns.keys() - set(OWN_COLUMNS)):
        for utterance, value in zip(utterances, columns[name], strict=True):
            found = annotation(utterance.utterance_id, name, value)
            if found is not None:
                yield found
