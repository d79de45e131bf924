"""Metrics out of sums: what of each dialogue has to be added up, and what the total says.

Every metric of a task is a function of a few sums over utterances: how often a class is target,
prediction and both; how far values are off; their moments. So a bootstrap adds up dialogues.

Shapes: D dialogues, S sums, K classes, (...) any leading shape.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

from pipeline.base.large_arrays import MAX_CELLS
from pipeline.config.tasks import ScoredTask
from pipeline.evaluation.sentiment import seven_classes
from pipeline.protocol.weighted_f1 import macro_f1_of, weighted_f1_of

Sums = NDArray[np.float64]
Rows = NDArray[np.int64]  # (N,) dialogue of each utterance
Metric = Callable[[Sums], NDArray[np.float64]]  # (..., S) -> (...)
N_SIGNS = 6  # sums of two classes
N_MOMENTS = 8


def sums_by_dialogue(
    predictions: pd.DataFrame, dialogues: Sequence[str], task: ScoredTask
) -> Sums | csr_array:
    """(D, S): what the metrics of the task need of each dialogue; sparse where S D is large."""
    numbers = {name: number for number, name in enumerate(dialogues)}
    rows: Rows = predictions["dialogue_id"].map(numbers).to_numpy().astype(np.int64)
    if task.measured == "classes":
        codes = {name: number for number, name in enumerate(task.classes)}
        target, told = (predictions[name].map(codes) for name in ("target", "predicted"))
        counted = rows, target.to_numpy(), told.to_numpy(), len(dialogues), len(codes)
        is_large = 3 * len(codes) * len(dialogues) > MAX_CELLS
        return _sparse_counts(*counted) if is_large else _counts(*counted)

    y, guess = (predictions[name].to_numpy(np.float64) for name in ("target", "predicted"))
    moments = _moments(rows, y, guess, len(dialogues))
    if task.measured == "dimensional":
        return moments
    clear, n = y != 0, len(dialogues)
    nonzero = _counts(rows[clear], y[clear] > 0, guess[clear] > 0, n, 2)
    nonnegative = _counts(rows, y >= 0, guess >= 0, n, 2)
    hits = np.bincount(rows, seven_classes(y) == seven_classes(guess), minlength=n)[:, None]
    return np.concatenate([nonzero, nonnegative, moments, hits], axis=1)


def metrics_of_sums(task: ScoredTask) -> Mapping[str, Metric]:
    """How each metric of the task, but for those of single classes, comes out of the sums."""
    if task.measured == "classes":
        return {
            "weighted_f1": lambda sums: weighted_f1_of(_by_class(sums)),
            "macro_f1": lambda sums: macro_f1_of(_by_class(sums)),
            "accuracy": _accuracy,
            "unweighted_accuracy": _mean_recall,
        }
    if task.measured == "dimensional":
        return _OF_VALUES

    moments = slice(2 * N_SIGNS, 2 * N_SIGNS + N_MOMENTS)
    return {
        "weighted_f1": lambda sums: weighted_f1_of(_by_class(sums[..., :N_SIGNS])),
        "weighted_f1_nonnegative": lambda sums: weighted_f1_of(
            _by_class(sums[..., N_SIGNS : 2 * N_SIGNS])
        ),
        "binary_accuracy_nonzero": lambda sums: _accuracy(sums[..., :N_SIGNS]),
        "binary_accuracy_nonnegative": lambda sums: _accuracy(sums[..., N_SIGNS : 2 * N_SIGNS]),
        "seven_class_accuracy": lambda sums: _ratio(sums[..., -1], sums[..., moments][..., 0]),
        "mean_absolute_error": lambda sums: _absolute(sums[..., moments]),
        "correlation": lambda sums: _correlation(sums[..., moments]),
    }


def _counts(
    rows: Rows,
    target: NDArray[np.generic],
    predicted: NDArray[np.generic],
    n_dialogues: int,
    n_classes: int,
) -> Sums:
    """(D, 3 K): how often each class is target, prediction, both."""
    counts = np.zeros((n_dialogues, 3, n_classes))
    target, predicted = target.astype(np.int64), predicted.astype(np.int64)

    is_hit = target == predicted
    for number, places in enumerate(
        ((rows, target), (rows, predicted), (rows[is_hit], target[is_hit]))
    ):
        np.add.at(counts[:, number], places, 1)
    return counts.reshape(n_dialogues, -1)


def _sparse_counts(
    rows: Rows,
    target: NDArray[np.generic],
    predicted: NDArray[np.generic],
    n_dialogues: int,
    n_classes: int,
) -> csr_array:
    """The same where nearly all of it is 0: a dialogue has few of a thousand classes."""
    is_hit = target == predicted
    places = np.concatenate([rows, rows, rows[is_hit]])
    columns = np.concatenate([target, n_classes + predicted, 2 * n_classes + target[is_hit]])
    ones = np.ones(len(places))
    return coo_array((ones, (places, columns)), (n_dialogues, 3 * n_classes)).tocsr()


def _moments(
    rows: Rows, y: NDArray[np.float64], guess: NDArray[np.float64], n_dialogues: int
) -> Sums:
    """(D, 8): n, |e|, e^2, then y, p, y^2, p^2, y p about the mean target, for precision."""
    error, place = guess - y, y.mean() if len(y) else 0.0
    y, p = y - place, guess - place
    columns = (np.ones_like(y), np.abs(error), error**2, y, p, y**2, p**2, y * p)
    return np.stack([np.bincount(rows, column, minlength=n_dialogues) for column in columns], 1)


def _by_class(sums: Sums) -> Sums:
    return sums.reshape(*sums.shape[:-1], 3, -1)


def _accuracy(sums: Sums) -> NDArray[np.float64]:
    support, _, hits = np.moveaxis(_by_class(sums), -2, 0)
    return _ratio(hits.sum(axis=-1), support.sum(axis=-1))


def _mean_recall(sums: Sums) -> NDArray[np.float64]:
    """Over the classes that are a target."""
    support, _, hits = np.moveaxis(_by_class(sums), -2, 0)
    recalls: Sums = hits / np.maximum(support, 1)
    return _ratio(recalls.sum(axis=-1), (support > 0).sum(axis=-1))


def _absolute(moments: Sums) -> NDArray[np.float64]:
    return _ratio(moments[..., 1], moments[..., 0])


def _squared(moments: Sums) -> NDArray[np.float64]:
    root: NDArray[np.float64] = np.sqrt(_ratio(moments[..., 2], moments[..., 0]))
    return root


def _concordance(moments: Sums) -> NDArray[np.float64]:
    covariance, var_y, var_p, shift = _spreads(moments)
    return _ratio(2 * covariance, var_y + var_p + shift**2)


def _correlation(moments: Sums) -> NDArray[np.float64]:
    covariance, var_y, var_p, _ = _spreads(moments)
    return _ratio(covariance, np.sqrt(var_y * var_p))


def _spreads(moments: Sums) -> tuple[NDArray[np.float64], ...]:
    """Covariance, both variances and the difference of the means; what is rounding is 0."""
    n = np.maximum(moments[..., 0], 1)
    y, p, yy, pp, yp = np.moveaxis(moments[..., 3:] / n[..., None], -1, 0)
    var_y, var_p = yy - y**2, pp - p**2
    var_y = np.where(var_y > 1e-12 * np.abs(yy), var_y, 0.0)
    var_p = np.where(var_p > 1e-12 * np.abs(pp), var_p, 0.0)
    covariance = np.where((var_y > 0) & (var_p > 0), yp - y * p, 0.0)
    return covariance, var_y, var_p, y - p


def _ratio(above: NDArray[np.generic], below: NDArray[np.generic]) -> NDArray[np.float64]:
    """Nan where there is nothing to divide by."""
    shape = np.broadcast_shapes(above.shape, below.shape)
    out = np.full(shape, np.nan)
    ratio: NDArray[np.float64] = np.divide(above, below, out=out, where=np.asarray(below) > 0)
    return ratio


_OF_VALUES: Mapping[str, Metric] = {
    "ccc": _concordance,
    "correlation": _correlation,
    "mean_absolute_error": _absolute,
    "root_mean_squared_error": _squared,
}
