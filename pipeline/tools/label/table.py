"""The table of labels: one row per utterance, dialogue after dialogue, turn after turn.

Columns: dialogue_id, utterance_id, media, start_s, end_s ("" where nobody knows), speaker, text,
modalities: those that were found, with blanks between, missing: why each of the others is not
there, face: how it is known to be the speaker's, label (class or number), `probability_<name>`
where there are any, confidence: the highest of them, disagreement: the share of several runs that
say otherwise (of numbers their deviation), expected_accuracy and the ends of its interval: how
often the runs were right on their test role with just these modalities, reason: why there is no
label, "" where there is one. Nine digits: enough to give every float32 back.
"""

import csv
import io
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.base.files import write_text
from pipeline.base.records import MODALITIES, Utterance
from pipeline.tools.label.cues import Cue, span_ms

PLACE = ("dialogue_id", "utterance_id", "media", "start_s", "end_s", "speaker", "text")
SEEN = ("modalities", "missing", "face")
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
    missing: Mapping[str, str] = field(default_factory=dict)  # by modality that was asked for: why
    face: str = ""  # whose the face is (pipeline.tools.label.seen)

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

    def values(self, n_shares: int) -> list[str | float]:
        """The row, with as many probabilities as the table has columns of them."""
        utterance = self.utterance
        place = [utterance.dialogue_id, utterance.utterance_id, utterance.media]
        span = [utterance.start_s, self.end_s]
        seen = [" ".join(self.modalities), told_missing(self.missing), self.face]
        shares = self.shares or (math.nan,) * n_shares
        trust = (self.confidence, self.disagreement, *self.expected)
        said = [utterance.speaker, utterance.text, *seen, self.label]
        return [*place, *span, *said, *shares, *trust, self.reason]


def columns(names: Sequence[str]) -> list[str]:
    """The header; `names` are those that have a probability."""
    shown = [f"probability_{name}" for name in names]
    return [*PLACE, *SEEN, "label", *shown, *TRUST, "reason"]


def told_missing(missing: Mapping[str, str]) -> str:
    """What is not there, and why: "audio silent, visual no_face"."""
    return ", ".join(f"{modality} {status}" for modality, status in missing.items())


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
    for row in rows:
        values = row.values(len(names))
        writer.writerow([v if isinstance(v, str) else _text(v) for v in values])
    write_text(path, buffer.getvalue())


def _text(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.9g}"
