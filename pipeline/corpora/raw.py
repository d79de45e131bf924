"""What a reader makes of a raw corpus, before any stage sees it (reading.md F.1).

A reader turns files into `Candidate`s, `checks.assemble` turns those into a `RawCorpus`: what is
expected, what was found, what is used, and every item that fell out between. Times in seconds.
"""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.base.numbers import to_number
from pipeline.base.records import ROLES, Annotation, Dropped, Utterance

Key = tuple[str, str, str]  # group ("all" or an annotation), split role or "", value
Counts = Mapping[Key, int]

UTTERANCES: Key = ("all", "", "utterances")
DIALOGUES: Key = ("all", "", "dialogues")
MEDIA_FILES = "media files"


class CorpusError(ValueError):
    """A raw corpus is not there, or its structure is broken; the text says what was expected."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One utterance as the raw files tell it, not yet checked; fields as in `Utterance`.

    Candidates of a dialogue come in the order of its turns. `source` says where it stands.
    """

    utterance_id: str
    dialogue_id: str
    media: str
    source: str
    start_s: float = 0.0
    end_s: float = math.inf
    speaker: str = ""
    session: str = ""
    region: str = "full"
    text: str = ""
    annotations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CountRow:
    """One line of the table expected / found / used; `expected` is None where nobody knows."""

    group: str
    split: str
    value: str
    expected: int | None
    found: int
    used: int


@dataclass(frozen=True, slots=True)
class RawCorpus:
    """A corpus as read: rows that passed every check, and the account of those that did not."""

    utterances: tuple[Utterance, ...]
    annotations: tuple[Annotation, ...]
    dropped: tuple[Dropped, ...]
    expected: Counts
    found: Counts
    used: Counts
    media: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def counts(self) -> list[CountRow]:
        """The table expected / found / used, grouped as the keys come."""
        keys = sorted({*self.expected, *self.found, *self.used}, key=_place)
        return [
            CountRow(*key, self.expected.get(key), self.found.get(key, 0), self.used.get(key, 0))
            for key in keys
        ]

    @property
    def missing_share(self) -> float:
        """Share of the expected utterances that are not used; 0 where no count is expected."""
        expected = self.expected.get(UTTERANCES, 0)
        return max(0.0, 1 - len(self.utterances) / expected) if expected else 0.0


def count(rows: Sequence[Candidate], classes: Sequence[str], signs: Sequence[str]) -> Counts:
    """Count rows overall and, per annotation, by value (`classes`) or sign (`signs`), and split."""
    counts: Counter[Key] = Counter()
    for row in rows:
        role = row.annotations.get("split", "")
        for where in {"", role}:
            counts["all", where, "utterances"] += 1
        for name, kind in _kinds(row, classes, signs):
            for where in {"", role}:
                counts[name, where, "all"] += 1
                counts[name, where, kind] += 1
    counts[DIALOGUES] = len({row.dialogue_id for row in rows})
    counts["all", "", MEDIA_FILES] = len({row.media for row in rows if row.media})
    return counts


def sign_of(value: str) -> str:
    """Which side of zero a sentiment is on; a ValueError where it is not a number."""
    number = to_number(value)
    if math.isnan(number):
        raise ValueError(f"{value!r} is neither negative, zero nor positive")
    return "zero" if number == 0 else "positive" if number > 0 else "negative"


def _kinds(
    row: Candidate, classes: Sequence[str], signs: Sequence[str]
) -> Iterator[tuple[str, str]]:
    for name in classes:
        if name in row.annotations:
            yield name, row.annotations[name]
    for name in signs:
        if name in row.annotations:
            yield name, sign_of(row.annotations[name])


def _place(key: Key) -> tuple[bool, str, int, str, bool, str]:
    group, split, value = key
    roles = ("", *ROLES)
    place = roles.index(split) if split in roles else len(roles)
    return (group != "all", group, place, split, value != "all", value)
