"""Labels on the time line of their media: who said what, from when to when, labelled how.

Times are whole milliseconds, the finest that all formats hold. People may talk at once, and spans
of one speaker may overlap in a table; tiers of annotation formats cannot hold that, so that a
speaker gets as many lanes as it takes.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.corpora.texts import clean_text

UNNAMED = "utterances"  # the lane of those without a speaker
# What XML 1.0 cannot hold, whatever it is escaped as.
NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Cue:
    """One utterance in its file. `confidence`: the label's probability, None where unknown."""

    media: str
    start_ms: int
    end_ms: int
    speaker: str
    text: str
    label: str  # "" where there is none
    confidence: float | None = None
    reason: str = ""  # why there is no label
    place: int = -1  # of its row in the table

    @property
    def told(self) -> str:
        """The label for people: `happy 0.83`, or why there is none."""
        if not self.label:
            return f"no label: {self.reason}"
        return self.label if self.confidence is None else f"{self.label} {self.confidence:.2f}"


def span_ms(start_s: float, end_s: float) -> tuple[int, int]:
    """A span in whole milliseconds; it lasts at least one."""
    start = round(start_s * 1000)
    return start, max(round(end_s * 1000), start + 1)


def one_line(text: str) -> str:
    """What all formats can hold of a text, on one line."""
    return clean_text(NO_XML.sub("", text))


def by_media(cues: Iterable[Cue]) -> dict[str, list[Cue]]:
    """Cues of every file in the order of time."""
    found: dict[str, list[Cue]] = defaultdict(list)
    for cue in cues:
        found[cue.media].append(cue)
    return {
        media: sorted(of_media, key=lambda cue: (cue.start_ms, cue.end_ms, cue.speaker))
        for media, of_media in sorted(found.items())
    }


def lanes(cues: Sequence[Cue]) -> Mapping[str, list[Cue]]:
    """Cues of one file by speaker; what overlaps within a speaker goes to `NAME (2)` and so on.

    Speakers whose names are written alike are one: no format holds two tiers of one name.
    """
    of_speaker: dict[str, list[list[Cue]]] = defaultdict(list)
    for cue in cues:
        rows = of_speaker[one_line(cue.speaker) or UNNAMED]
        free = next((row for row in rows if row[-1].end_ms <= cue.start_ms), None)
        if free is None:
            rows.append([cue])
        else:
            free.append(cue)

    named = {name: rows[0] for name, rows in of_speaker.items()}
    for name, rows in of_speaker.items():
        for row in rows[1:]:
            named[_unused(name, named)] = row
    return named


def _unused(name: str, taken: Mapping[str, object]) -> str:
    number = 2
    while f"{name} ({number})" in taken:
        number += 1
    return f"{name} ({number})"
