"""Intervals of weighted F1 by drawing dialogues, the independent units of a corpus.

Utterances of a dialogue are not independent of each other, so whole dialogues are drawn with
replacement, within each fold as many as it tests; a dialogue brings its predictions of every seed.
The value of a draw is what the tables show: weighted F1 of each run, then the mean over runs.
Weighted F1 needs three counts of each class only, how often it is the target, the prediction, and
both; a draw is a weighted sum of the dialogues' counts. Draws are made and summed in pieces, so
that memory does not grow with D times B: 1,000 classes or 100,000 dialogues fit.

Shapes: B draws, R runs, D dialogues, K classes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.evaluation.sentiment import SIGNS, signs
from pipeline.protocol.weighted_f1 import Counts, weighted_f1_of

N_DRAWS = 2000
SEED = 0
MAX_CELLS = 4_000_000  # numbers of one array of a piece: 32 MB


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
    values = np.empty((len(runs), n_draws))
    for fold, dialogues in folds.items():
        own = [number for number, run in enumerate(runs) if run.fold == fold]
        counts = [
            counts_by_dialogue(runs[number].predictions, dialogues, kind, classes) for number in own
        ]

        widest = max(len(dialogues), counts[0].shape[1] * counts[0].shape[2])
        done = 0
        for weights in draw(len(dialogues), fold, n_draws, max(1, MAX_CELLS // widest)):
            piece = slice(done, done + len(weights))
            for number, of_dialogues in zip(own, counts, strict=True):
                values[number, piece] = weighted_f1_of(_sums(weights, of_dialogues))
            done += len(weights)
    # A draw can leave a run without any utterance that counts; it then says nothing of that run.
    return np.asarray(np.nanmean(values, axis=0), dtype=np.float64)


def draw(n_dialogues: int, fold: int, n_draws: int, n_at_once: int) -> Iterator[NDArray[np.int64]]:
    """Pieces of (B, D): how often each of the sorted dialogues of a fold is drawn.

    The same draws whatever the pieces: each takes up the stream where the last one left it.
    """
    rng = np.random.default_rng([SEED, fold])
    shares = np.full(n_dialogues, 1 / n_dialogues)
    for start in range(0, n_draws, n_at_once):
        yield rng.multinomial(n_dialogues, shares, size=min(n_at_once, n_draws - start))


def interval(draws: NDArray[np.float64], level: float = 0.95) -> tuple[float, float]:
    """Percentile interval of what was drawn."""
    tail = (1 - level) / 2
    low, high = np.nanquantile(draws, [tail, 1 - tail])
    return float(low), float(high)


def counts_by_dialogue(
    predictions: pd.DataFrame, dialogues: Sequence[str], kind: str, classes: Sequence[str]
) -> Counts:
    """(D, 3, K): how often a class is target, prediction, both; sentiment by sign without 0."""
    frame = signs(predictions) if kind == "regression" else predictions
    names = SIGNS if kind == "regression" else tuple(classes)

    codes = {name: number for number, name in enumerate(names)}
    numbers = {name: number for number, name in enumerate(dialogues)}
    row, target, predicted = (
        frame[column].map(table).to_numpy()
        for column, table in (("dialogue_id", numbers), ("target", codes), ("predicted", codes))
    )

    counts = np.zeros((len(dialogues), 3, len(names)))
    is_hit = target == predicted
    told = ((row, target), (row, predicted), (row[is_hit], target[is_hit]))
    for number, places in enumerate(told):
        np.add.at(counts[:, number], places, 1)
    return counts


def _sums(weights: NDArray[np.int64], counts: Counts) -> Counts:
    """(B, D), (D, 3, K) -> (B, 3, K)."""
    drawn = weights.astype(np.float64) @ counts.reshape(len(counts), -1)
    return drawn.reshape(len(weights), *counts.shape[1:])
