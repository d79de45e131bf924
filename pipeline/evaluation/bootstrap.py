"""Intervals of weighted F1 by drawing dialogues, the independent units of a corpus.

Utterances of a dialogue are not independent of each other, so whole dialogues are drawn with
replacement, within each fold as many as it tests; a dialogue brings its predictions of every seed.
The value of a draw is what the tables show: weighted F1 of each run, then the mean over runs.
Weighted F1 needs counts only, so a draw is a weighted sum of the dialogues' confusion counts.

Shapes: B draws, R runs, D dialogues, K classes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.evaluation.sentiment import SIGNS, signs

Counts = NDArray[np.float64]
N_DRAWS = 2000
SEED = 0


@dataclass(frozen=True)
class RunPredictions:
    """Predictions of one run at one rate: columns dialogue_id, target, predicted."""

    fold: int
    predictions: pd.DataFrame


def drawn_scores(
    runs: Sequence[RunPredictions], kind: str, classes: Sequence[str], n_draws: int = N_DRAWS
) -> NDArray[np.float64]:
    """(B,) weighted F1 of each draw, mean over runs. The same draws for whatever is compared."""
    folds = {run.fold: sorted(set(run.predictions["dialogue_id"])) for run in runs}
    weights = {fold: draw(len(folds[fold]), fold, n_draws) for fold in folds}
    values = [
        weighted_f1_of(_drawn(run, folds[run.fold], weights[run.fold], kind, classes))
        for run in runs
    ]
    # A draw can leave a run without any utterance that counts; it then says nothing of that run.
    return np.asarray(np.nanmean(np.stack(values), axis=0), dtype=np.float64)


def draw(n_dialogues: int, fold: int, n_draws: int) -> NDArray[np.int64]:
    """(B, D): how often each of the sorted dialogues of a fold is drawn."""
    rng = np.random.default_rng([SEED, fold])
    return rng.multinomial(n_dialogues, np.full(n_dialogues, 1 / n_dialogues), size=n_draws)


def interval(draws: NDArray[np.float64], level: float = 0.95) -> tuple[float, float]:
    """Percentile interval of what was drawn."""
    tail = (1 - level) / 2
    low, high = np.nanquantile(draws, [tail, 1 - tail])
    return float(low), float(high)


def weighted_f1_of(counts: Counts) -> NDArray[np.float64]:
    """(..., K, K) counts of target by prediction -> (...) weighted F1, nan without any target."""
    support, guesses = counts.sum(axis=-1), counts.sum(axis=-2)
    hits = np.diagonal(counts, axis1=-2, axis2=-1)
    f1 = 2 * hits / np.maximum(support + guesses, 1)
    total = support.sum(axis=-1)
    weighted: NDArray[np.float64] = np.divide(
        (f1 * support).sum(axis=-1), total, out=np.full(total.shape, np.nan), where=total > 0
    )
    return weighted


def confusion_by_dialogue(
    predictions: pd.DataFrame, dialogues: Sequence[str], kind: str, classes: Sequence[str]
) -> Counts:
    """(D, K, K) counts; sentiment by sign, target 0 left out."""
    frame = signs(predictions) if kind == "regression" else predictions
    names = SIGNS if kind == "regression" else tuple(classes)
    codes = {name: number for number, name in enumerate(names)}
    rows = {name: number for number, name in enumerate(dialogues)}
    counts = np.zeros((len(dialogues), len(names), len(names)))
    places = tuple(
        frame[column].map(table).to_numpy()
        for column, table in (("dialogue_id", rows), ("target", codes), ("predicted", codes))
    )
    np.add.at(counts, places, 1)
    return counts


def _drawn(
    run: RunPredictions,
    dialogues: Sequence[str],
    weights: NDArray[np.int64],
    kind: str,
    classes: Sequence[str],
) -> Counts:
    """(B, K, K) counts of one run in every draw."""
    counts = confusion_by_dialogue(run.predictions, dialogues, kind, classes)
    drawn = weights @ counts.reshape(len(dialogues), -1)
    return np.asarray(drawn.reshape(len(weights), *counts.shape[1:]), dtype=np.float64)
