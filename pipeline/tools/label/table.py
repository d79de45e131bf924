"""The table of labels: one row per utterance, dialogue after dialogue, turn after turn.

Columns: dialogue_id, utterance_id, media, start_s, end_s ("" where nobody knows), speaker, text,
modalities: those that were found, with blanks between, label (class or number),
`probability_<name>` where there are any, confidence: the highest of them, disagreement: the share
of several runs that say otherwise (of numbers their deviation), expected_accuracy and the ends of
its interval: how often the runs were right on their test role with just these modalities, reason:
why there is no label, "" where there is one. Nine digits: enough to give every float32 back.
"""

import csv
import io
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.base.files import write_text
from pipeline.base.records import MODALITIES, Utterance
from pipeline.tools.label.cues import Cue, span_ms

PLACE = ("dialogue_id", "utterance_id", "media", "start_s", "end_s", "speaker", "text")
TRUST = ("confidence", "disagreement", "expected_accuracy", "expected_low", "expected_high")
NOTHING_FOUND = "nothing found in any modality"


@dataclass(frozen=True, slots=True)
class LabelRow:
    """An utterance with its label, or with the reason why it has none. NaN: nobody knows."""

    utterance: Utterance
    end_s: float
    modalities: tuple[str, ...]
    label: str
    shares: tuple[float, ...]  # probability of each name; () without a label or probabilities
    disagreement: float
    expected: tuple[float, float, float]  # accuracy, and the ends of its interval
    reason: str

    @property
    def confidence(self) -> float:
        """The highest probability."""
        return max(self.shares, default=math.nan)

    def cue(self, place: int) -> Cue | None:
        """The row, which stands at `place`, on the time line of its file.

        None where it has no file or no end.
        """
        utterance = self.utterance
        if not utterance.media or math.isnan(self.end_s):
            return None

        return Cue(
            utterance.media,
            *span_ms(utterance.start_s, self.end_s),
            speaker=utterance.speaker,
            text=utterance.text,
            label=self.label,
            confidence=max(self.shares) if self.shares and self.label else None,
            reason=self.reason,
            place=place,
        )

    def cells(self, n_shares: int) -> list[str]:
        """The row as text, with as many probabilities as the table has columns of them."""
        utterance = self.utterance
        place = [utterance.dialogue_id, utterance.utterance_id, utterance.media]
        span = [f"{utterance.start_s:.9g}", _text(self.end_s)]
        shares = list(map(_text, self.shares)) or [""] * n_shares
        trust = map(_text, (self.confidence, self.disagreement, *self.expected))
        said = [utterance.speaker, utterance.text, " ".join(self.modalities), self.label]
        return [*place, *span, *said, *shares, *trust, self.reason]


def columns(names: Sequence[str]) -> list[str]:
    """The header; `names` are those that have a probability."""
    shown = [f"probability_{name}" for name in names]
    return [*PLACE, "modalities", "label", *shown, *TRUST, "reason"]


def cues_of(rows: Sequence[LabelRow]) -> list[Cue]:
    """All rows that have a place on a time line."""
    cues = (row.cue(place) for place, row in enumerate(rows))
    return [cue for cue in cues if cue is not None]


def found_of(found: NDArray[np.bool_]) -> Iterator[tuple[str, ...]]:
    """The modalities of each of N utterances, found (N, 3)."""
    for row in found:
        yield tuple(name for name, there in zip(MODALITIES, row, strict=True) if there)


def write_labels(path: Path, rows: Iterable[LabelRow], names: Sequence[str]) -> None:
    """Write the table, with a probability for each of `names`."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(columns(names))
    writer.writerows(row.cells(len(names)) for row in rows)
    write_text(path, buffer.getvalue())


def _text(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.9g}"
