"""Which tiers of an annotation file are speech: those of words where tiers are named by kind.

Our own time lines, and many corpora, name tiers `kind@person`: of these only `text@...` (also `tx`,
`words`, `utterance`, `transcript`) is speech. Without such a name every tier is a person's speech.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pipeline.corpora.turns import Turn

KINDS = ("text", "tx", "words", "utterance", "utterances", "transcript", "transcription")


class Tier(NamedTuple):
    """A tier: its name, who it is of ("" = not said), spans in seconds with line and words."""

    name: str
    person: str
    spans: list[tuple[int | None, float, float, str]]


def spoken(tiers: Iterable[Tier]) -> Iterator[tuple[int | None, Turn]]:
    """The turns of the tiers that are speech, each with its line."""
    found = list(tiers)
    of_words = [tier for tier in found if _kind(tier.name) in KINDS]
    for tier in of_words or found:
        kind, mark, name = tier.name.partition("@")
        person = tier.person or (name if mark else "" if kind.casefold() in KINDS else kind)
        for line, start_s, end_s, text in tier.spans:
            if text.strip():
                yield line, Turn(start_s, end_s, person, text)


def _kind(name: str) -> str:
    return name.partition("@")[0].strip().casefold()
