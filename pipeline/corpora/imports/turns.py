"""In which order the utterances of a dialogue follow each other, where no table is in order.

As `turn` says; else in the order of `start_s`, if every row has a time; else by the number that
ends the id, if the ids of a dialogue are alike before it. Numbers that begin anew for each speaker
(IEMOCAP's `_F000`, `_M000`) are no order, and two rows at one place are none either.
"""

import math
import re
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

from pipeline.base.numbers import to_number
from pipeline.corpora.imports.imported import ImportFormatError, whole_number
from pipeline.corpora.texts import printable

_ENDS_IN_NUMBER = re.compile(r"(.*?)([0-9]{1,15})", re.DOTALL)


def order_of_turns(
    path: Path, columns: Mapping[str, list[str]], dialogues: list[str], ids: list[str]
) -> tuple[list[int], str]:
    """Turn of each row, and a note that says what told it."""
    if "turn" in columns:
        turns = [
            whole_number(value, f"{path}: row {k}", "turn")
            for k, value in enumerate(columns["turn"])
        ]
        return turns, "turns as the array `turn` says"

    starts = [_seconds(value) for value in columns.get("start_s", [])]
    timeless = [k for k, start in enumerate(starts) if not math.isfinite(start)]
    if starts and not timeless:
        return _by_time(path, dialogues, starts), "turns in the order of `start_s`"

    without = "there is no `turn`, and " + (
        f"`start_s` of row {timeless[0]} is {printable(columns['start_s'][timeless[0]], 80)!r}"
        if timeless
        else "no `start_s`"
    )
    turns = _by_id(path, dialogues, ids, without)
    return turns, f"turns by the number that ends `utterance_id`: {without}"


def _seconds(value: str) -> float:
    try:
        return to_number(value)
    except ValueError:
        return math.nan


def _by_time(path: Path, dialogues: list[str], starts: list[float]) -> list[int]:
    order = sorted(range(len(starts)), key=lambda k: (dialogues[k], starts[k]))
    turns = [0] * len(starts)
    for before, k in pairwise([-1, *order]):
        is_first = before < 0 or dialogues[before] != dialogues[k]
        if not is_first and starts[before] == starts[k]:
            raise ImportFormatError(
                f"{path}: rows {before} and {k} of dialogue {printable(dialogues[k], 80)!r} both "
                f"have start_s={starts[k]}, and there is no `turn`: no order of turns"
            )
        turns[k] = 0 if is_first else turns[before] + 1
    return turns


def _by_id(path: Path, dialogues: list[str], ids: list[str], without: str) -> list[int]:
    turns: list[int] = []
    begins: dict[str, str] = {}
    for dialogue, utterance_id in zip(dialogues, ids, strict=bool(ids)):
        match = _ENDS_IN_NUMBER.fullmatch(utterance_id)
        if match is None or begins.setdefault(dialogue, match[1]) != match[1]:
            raise ImportFormatError(
                f"{path}: {without}, and the ids of dialogue {printable(dialogue, 80)!r} do not "
                f"count its turns ({printable(utterance_id, 80)!r}): no order of turns"
            )
        turns.append(int(match[2]))
    if not ids:
        raise ImportFormatError(f"{path}: {without}, nor any `utterance_id`: no order of turns")
    return turns
