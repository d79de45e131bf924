"""The score that epochs are selected by: the task's, mostly weighted F1 (WAF, reading.md A.6).

Classification: over all utterances. Sentiment: label 0 is dropped, and y > 0 is compared with
predicted > 0. Dimensional tasks are selected by CCC, which no sign enters.
"""

import numpy as np
from numpy.typing import NDArray

from pipeline.config.tasks import ScoreName, TaskKind
from pipeline.protocol.agreement import concordance
from pipeline.protocol.weighted_f1 import macro_f1, weighted_f1


def selection_score(
    kind: TaskKind,
    target: NDArray[np.generic],
    outputs: NDArray[np.floating],
    score: ScoreName,
) -> float:
    """The score of (N, C) logits, or of (N, 1) values, against (N,) targets."""
    if score == "ccc":
        return concordance(target.astype(np.float64), outputs[:, 0])
    if score == "macro_f1":
        return macro_f1(target.astype(np.int64), outputs.argmax(axis=1))
    if kind == "classification":
        return weighted_f1(target.astype(np.int64), outputs.argmax(axis=1))
    return weighted_f1_nonzero(target.astype(np.float64), outputs[:, 0])


def weighted_f1_nonzero(target: NDArray[np.floating], predicted: NDArray[np.floating]) -> float:
    """Weighted F1 of positive against negative, where the target is not 0."""
    keep = target != 0
    return weighted_f1(target[keep] > 0, predicted[keep] > 0)
