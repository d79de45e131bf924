"""The table of labels: one row per utterance, dialogue after dialogue, turn after turn.

Columns: dialogue_id, utterance_id, label (class or number), `probability_<class>` where the
outputs are logits, modalities: those that were found, with blanks between, reason: why there is no
label, "" where there is one. Nine digits: enough to give every float32 back.
"""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.base.files import write_text
from pipeline.base.records import MODALITIES
from pipeline.conversations.index import ConversationIndex
from pipeline.evaluation.predictions import probabilities


def write_labels(
    path: Path,
    index: ConversationIndex,
    outputs: NDArray[np.float32],
    found: NDArray[np.bool_],
    reasons: Sequence[str],
    classes: Sequence[str],
    has_probabilities: bool,
    center: float,
) -> None:
    """Write outputs (N, C) of the line, C = 1 without classes; `found` (N, 3) says from what.

    Without classes an output is a distance to `center`.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    shown = [f"probability_{name}" for name in classes if has_probabilities]
    writer.writerow(["dialogue_id", "utterance_id", "label", *shown, "modalities", "reason"])

    shares = probabilities(outputs)
    dialogues, ids = index.dialogue_of_utterances().tolist(), index.utterance_ids.tolist()
    for row, (dialogue, utterance_id) in enumerate(zip(dialogues, ids, strict=True)):
        used = " ".join(m for m, there in zip(MODALITIES, found[row], strict=True) if there)
        cells = [""] * (1 + len(shown))
        if not reasons[row]:
            told = [
                _label(outputs[row], classes, center),
                *(f"{share:.9g}" for share in shares[row]),
            ]
            cells = told[: 1 + len(shown)]
        writer.writerow([dialogue, utterance_id, *cells, used, reasons[row]])
    write_text(path, buffer.getvalue())


def _label(output: NDArray[np.float32], classes: Sequence[str], center: float) -> str:
    return classes[int(output.argmax())] if classes else f"{output[0] + center:.9g}"
