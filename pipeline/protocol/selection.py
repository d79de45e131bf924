"""The score that epochs are selected by: weighted F1 (WAF), as in reading.md A.6.

Classification: over all utterances. Regression: label 0 is dropped, and y > 0 is compared with
predicted > 0. Agrees with scikit-learn's `f1_score(average="weighted")`; it is written out here
because it runs eight times per epoch, where that call takes longer than a small network.
"""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

TaskKind = Literal["classification", "regression"]


def selection_score(
    kind: TaskKind, target: NDArray[np.generic], outputs: NDArray[np.floating]
) -> float:
    """Weighted F1 of (N, C) logits, or of (N, 1) values, against (N,) targets."""
    if kind == "classification":
        return weighted_f1(target.astype(np.int64), outputs.argmax(axis=1))
    return weighted_f1_nonzero(target.astype(np.float64), outputs[:, 0])


def weighted_f1_nonzero(target: NDArray[np.floating], predicted: NDArray[np.floating]) -> float:
    """Weighted F1 of positive against negative, where the target is not 0."""
    keep = target != 0
    return weighted_f1((target[keep] > 0).astype(int), (predicted[keep] > 0).astype(int))


def weighted_f1(target: NDArray[np.integer], predicted: NDArray[np.integer]) -> float:
    """Mean over classes of 2 hits / (targets + predictions), weighted by targets."""
    if len(target) == 0:
        raise ValueError(
            "no utterance to score: the role that selects epochs holds no usable label"
        )
    n_classes = int(max(target.max(), predicted.max())) + 1
    n_target = np.bincount(target, minlength=n_classes)
    n_predicted = np.bincount(predicted, minlength=n_classes)
    n_hits = np.bincount(target[target == predicted], minlength=n_classes)
    f1 = 2 * n_hits / np.maximum(n_target + n_predicted, 1)
    return float((f1 * n_target).sum() / len(target))
