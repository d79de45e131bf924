"""Weighted F1 (WAF of the paper): F1 of each class, weighted by how often it is the target.

Three counts of a class make it: how often it is the target, the prediction, and both. It agrees
with scikit-learn's `f1_score(average="weighted", zero_division=0)` to the last bit, and is written
out because epochs are selected by it eight times each, and intervals drawn by it thousands of
times, where that call takes longer than a small network. Shapes: N utterances, K classes.
"""

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.float64]
Codes = NDArray[np.integer]


def weighted_f1(target: NDArray[np.generic], predicted: NDArray[np.generic]) -> float:
    """Of (N,) classes against (N,): numbers, truth values or names; ValueError if N is 0."""
    if len(target) == 0:
        raise ValueError("no utterance to score: the role holds no usable label")
    if np.issubdtype(target.dtype, np.integer):
        return float(weighted_f1_of(count(target.astype(np.int64), predicted.astype(np.int64))))

    _, codes = np.unique(np.concatenate([target, predicted]), return_inverse=True)
    return float(weighted_f1_of(count(codes[: len(target)], codes[len(target) :])))


def count(target: Codes, predicted: Codes) -> Counts:
    """(3, K) targets, predictions and hits of classes 0 to K - 1, the highest that occurs."""
    n_classes = int(max(target.max(), predicted.max())) + 1
    told = (target, predicted, target[target == predicted])
    return np.stack([np.bincount(codes, minlength=n_classes) for codes in told]).astype(np.float64)


def weighted_f1_of(counts: Counts) -> NDArray[np.float64]:
    """(..., 3, K) targets, predictions and hits of classes -> (...) weighted F1, nan: no target."""
    support, guesses, hits = np.moveaxis(counts, -2, 0)
    f1 = 2 * hits / np.maximum(support + guesses, 1)

    total = support.sum(axis=-1)
    weighted: NDArray[np.float64] = np.divide(
        (f1 * support).sum(axis=-1), total, out=np.full(total.shape, np.nan), where=total > 0
    )
    return weighted
