"""predictions.csv: what a run says of each test utterance, under each condition.

Columns: rate (a rate of the paper, or the name of another condition), utterance_id, dialogue_id,
target, predicted, and for classification one `score_<class>` per class, its probability. Nine
digits: enough to give every float32 back.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.base.files import atomic_path
from pipeline.base.wording import counted
from pipeline.config.conditions import is_rate
from pipeline.config.tasks import ScoredTask, ScoreName
from pipeline.protocol.selection import selection_score

METRICS: Mapping[ScoreName, str] = {
    "weighted_f1": "weighted F1",
    "macro_f1": "macro F1",
    "ccc": "CCC",
}
FIRST = ("rate", "utterance_id", "dialogue_id", "target", "predicted")


class OutputError(ValueError):
    """A network says nothing that could be scored."""


def write_predictions(
    path: Path,
    rates: Sequence[str],
    utterance_ids: Sequence[str],
    dialogue_ids: Sequence[str],
    targets: Sequence[str],
    outputs: NDArray[np.float32],
    classes: Sequence[str],
) -> None:
    """Write outputs (R, N, C): logits of `classes`, or values (R, N, 1) where there are none."""
    _check(rates, utterance_ids, outputs)
    with atomic_path(path) as part, part.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow([*FIRST, *(f"score_{name}" for name in classes)])

        for rate, output in zip(rates, outputs, strict=True):
            told = _classes(output, classes) if classes else _values(output)
            named = zip(utterance_ids, dialogue_ids, targets, told, strict=True)
            writer.writerows(
                [rate, utterance, dialogue, target, *cells]
                for utterance, dialogue, target, cells in named
            )


def score_in_words(
    task: ScoredTask, target: NDArray[Any], outputs: NDArray[np.float32], names: Sequence[str]
) -> str:
    """The task's main score of outputs (R, N, C) under the first and the last condition."""
    told = []
    for name, output in list(zip(names, outputs, strict=True))[:: max(len(names) - 1, 1)]:
        score = selection_score(task.kind, target, output, task.main_score)
        shown = f"{score:.3f}" if task.main_score == "ccc" else f"{100 * score:.1f} %"
        told.append(f"{shown} {'at missing rate' if is_rate(name) else 'under'} {name}")
    return f"{METRICS[task.main_score]} {', '.join(told)}"


def probabilities(logits: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Softmax over the last axis, in double precision."""
    shifted = logits.astype(np.float64) - logits.max(axis=-1, keepdims=True)
    exponents = np.exp(shifted)
    shares: NDArray[np.float64] = exponents / exponents.sum(axis=-1, keepdims=True)
    return shares


def _check(
    rates: Sequence[str], utterance_ids: Sequence[str], outputs: NDArray[np.float32]
) -> None:
    """Refuse outputs that are no numbers: as a class, the first of all would be read from them."""
    wrong = np.argwhere(~np.isfinite(outputs.max(axis=-1)))  # some logits may be -inf: never
    if len(wrong):
        rate, row = wrong[0]
        n_utterances = len(np.unique(wrong[:, 1]))
        raise OutputError(
            f"the network gives no finite number for {counted(n_utterances, 'utterance')}, the "
            f"first is {utterance_ids[row]} under {rates[rate]}: values in its features lie far "
            "beyond those of training; set `protocol.standardize: true`, or mend these features"
        )


def _classes(logits: NDArray[np.float32], classes: Sequence[str]) -> Iterator[list[str]]:
    for row in logits:  # one at a time: of a thousand classes all would be gigabytes
        yield [classes[row.argmax()], *(f"{share:.9g}" for share in probabilities(row).tolist())]


def _values(outputs: NDArray[np.float32]) -> Iterator[list[str]]:
    for value in outputs[:, 0].tolist():
        yield [f"{value:.9g}"]
