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
    return float(weighted_f1_of(_counted(target, predicted)))


def macro_f1(target: NDArray[np.generic], predicted: NDArray[np.generic]) -> float:
    """Plain mean of F1 over the classes that are a target or a prediction; as `weighted_f1`."""
    return float(macro_f1_of(_counted(target, predicted)))


def _counted(target: NDArray[np.generic], predicted: NDArray[np.generic]) -> Counts:
    if len(target) == 0:
        raise ValueError("no utterance to score: the role holds no usable label")
    if np.issubdtype(target.dtype, np.integer):
        return counts_of_classes(target.astype(np.int64), predicted.astype(np.int64))

    _, codes = np.unique(np.concatenate([target, predicted]), return_inverse=True)
    return counts_of_classes(codes[: len(target)], codes[len(target) :])


def counts_of_classes(target: Codes, predicted: Codes) -> Counts:
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


def macro_f1_of(counts: Counts) -> NDArray[np.float64]:
    """(..., 3, K) -> (...) mean F1 of the classes that occur, nan where none does.

    As scikit-learn's `f1_score(average="macro", zero_division=0)` has it.
    """
    support, guesses, hits = np.moveaxis(counts, -2, 0)
    f1 = 2 * hits / np.maximum(support + guesses, 1)

    n_classes = (support + guesses > 0).sum(axis=-1)
    mean: NDArray[np.float64] = np.divide(
        f1.sum(axis=-1), n_classes, out=np.full(n_classes.shape, np.nan), where=n_classes > 0
    )
    return mean
