"""The table of labels: one row per utterance, dialogue after dialogue, turn after turn.

Columns: dialogue_id, utterance_id, media, start_s, end_s ("" where nobody knows), speaker, label
(class or number), `probability_<class>` where the outputs are logits, modalities: those that were
found, with blanks between, reason: why there is no label, "" where there is one. Nine digits:
enough to give every float32 back.
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
from pipeline.evaluation.predictions import probabilities
from pipeline.tools.label.corpus import Corpus
from pipeline.tools.label.cues import Cue, span_ms


@dataclass(frozen=True, slots=True)
class LabelRow:
    """An utterance with its label, or with the reason why it has none."""

    utterance: Utterance
    end_s: float  # NaN: nobody knows
    label: str
    shares: tuple[float, ...]  # probability of each class; () without a label or logits
    modalities: str
    reason: str

    @property
    def cue(self) -> Cue | None:
        """The row on the time line of its file; None where it has no file or no end."""
        utterance = self.utterance
        if not utterance.media or math.isnan(self.end_s):
            return None
        return Cue(
            utterance.media,
            *span_ms(utterance.start_s, self.end_s),
            speaker=utterance.speaker,
            text=utterance.text,
            label=self.label,
            confidence=max(self.shares, default=None),
            reason=self.reason,
        )


def label_rows(
    corpus: Corpus,
    outputs: NDArray[np.float32],
    reasons: Sequence[str],
    classes: Sequence[str],
    *,
    has_probabilities: bool,
    center: float,
) -> Iterator[LabelRow]:
    """Rows of outputs (N, C) in line, C = 1 without classes: then a distance to `center`."""
    shares, found, ends_s = probabilities(outputs), corpus.found, corpus.ends_s
    has_probabilities = has_probabilities and bool(classes)

    for row, place in enumerate(corpus.index.store_rows):
        is_labelled = not reasons[row]
        there = zip(MODALITIES, found[row], strict=True)
        yield LabelRow(
            utterance=corpus.utterances[place],
            end_s=float(ends_s[row]),
            label=_label(outputs[row], classes, center) if is_labelled else "",
            shares=tuple(shares[row].tolist()) if is_labelled and has_probabilities else (),
            modalities=" ".join(modality for modality, is_there in there if is_there),
            reason=reasons[row],
        )


def write_labels(path: Path, rows: Iterable[LabelRow], classes: Sequence[str]) -> None:
    """Write the table, with a probability for each of `classes`."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    place = ["dialogue_id", "utterance_id", "media", "start_s", "end_s", "speaker"]
    shown = [f"probability_{name}" for name in classes]
    writer.writerow([*place, "label", *shown, "modalities", "reason"])

    for row in rows:
        utterance = row.utterance
        span = [f"{utterance.start_s:.9g}", "" if math.isnan(row.end_s) else f"{row.end_s:.9g}"]
        shares = [f"{share:.9g}" for share in row.shares] or [""] * len(shown)
        where = [utterance.dialogue_id, utterance.utterance_id, utterance.media, *span]
        writer.writerow([*where, utterance.speaker, row.label, *shares, row.modalities, row.reason])
    write_text(path, buffer.getvalue())


def _label(output: NDArray[np.float32], classes: Sequence[str], center: float) -> str:
    return classes[int(output.argmax())] if classes else f"{output[0] + center:.9g}"
