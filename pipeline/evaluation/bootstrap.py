"""Intervals of metrics by drawing dialogues, the independent units of a corpus.

Utterances of a dialogue are not independent of each other, so whole dialogues are drawn with
replacement; a dialogue brings its predictions of every seed. Where folds share no test dialogue, or
all test the same, all are drawn from at once, else within each fold as many as it tests. The value
of a draw is what the tables show: the metric of each run, then the mean over runs.
A metric needs some sums only (`evaluation.sums`), and a draw is a weighted sum of those of the
dialogues. Draws are made and summed in pieces, so that memory does not grow with D times B: 1,000
classes or 100,000 dialogues fit.

Shapes: B draws, R runs, D dialogues.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.base.large_arrays import MAX_CELLS
from pipeline.config.tasks import ScoredTask
from pipeline.evaluation.sums import metrics_of_sums, sums_by_dialogue

N_DRAWS = 2000
SEED = 0
# Fewer independent units give intervals that are too short, down to no width at all (Cameron,
# Gelbach and Miller 2008 find so for as many as thirty); below this number none is given.
MIN_DIALOGUES = 10


@dataclass(frozen=True)
class RunPredictions:
    """Predictions of one run at one rate: columns dialogue_id, target, predicted."""

    fold: int
    predictions: pd.DataFrame


def drawn_scores(
    runs: Sequence[RunPredictions], task: ScoredTask, n_draws: int = N_DRAWS
) -> NDArray[np.float64]:
    """(B,) main score of each draw, mean over runs. The same draws for whatever is compared."""
    return drawn_metrics(runs, task, [task.main_score], n_draws)[task.main_score]


def drawn_metrics(
    runs: Sequence[RunPredictions], task: ScoredTask, names: Sequence[str], n_draws: int = N_DRAWS
) -> dict[str, NDArray[np.float64]]:
    """(B,) of each metric of `names`, mean over runs; the draws of `drawn_scores`."""
    metrics = metrics_of_sums(task)
    values = {name: np.empty((len(runs), n_draws)) for name in names}
    for fold, own, dialogues in _pools(runs):
        sums = [sums_by_dialogue(runs[number].predictions, dialogues, task) for number in own]
        widest = max(len(dialogues), sums[0].shape[1])
        done = 0

        for weights in resamples(len(dialogues), fold, n_draws, max(1, MAX_CELLS // widest)):
            piece = slice(done, done + len(weights))
            for number, of_dialogues in zip(own, sums, strict=True):
                total = weights.astype(np.float64) @ of_dialogues
                for name in names:
                    values[name][number, piece] = metrics[name](total)
            done += len(weights)

    # A draw can leave a run without any utterance that counts; it then says nothing of that run.
    return {name: _mean(drawn) for name, drawn in values.items()}


def count_dialogues(runs: Sequence[RunPredictions]) -> int:
    """How many dialogues the runs test: the independent units behind an interval."""
    return len(set().union(*(run.predictions["dialogue_id"] for run in runs)))


def resamples(
    n_dialogues: int, fold: int, n_draws: int, n_at_once: int
) -> Iterator[NDArray[np.int64]]:
    """Pieces of (B, D): how often each of the sorted dialogues of a pool is drawn.

    The same draws whatever the pieces: each takes up the stream where the last one left it.
    """
    rng = np.random.default_rng([SEED, fold])
    shares = np.full(n_dialogues, 1 / n_dialogues)
    for start in range(0, n_draws, n_at_once):
        yield rng.multinomial(n_dialogues, shares, size=min(n_at_once, n_draws - start))


def interval(
    draws: NDArray[np.float64], n_dialogues: int, level: float = 0.95
) -> tuple[float, float]:
    """Percentile interval of what was drawn; nan, nan where there are too few dialogues."""
    if n_dialogues < MIN_DIALOGUES or np.isnan(draws).all():
        return float("nan"), float("nan")
    tail = (1 - level) / 2
    low, high = np.nanquantile(draws, [tail, 1 - tail])
    return float(low), float(high)


def _pools(runs: Sequence[RunPredictions]) -> Iterator[tuple[int, list[int], list[str]]]:
    """What is drawn from at once: its first fold, the numbers of its runs, its dialogues sorted."""
    folds: dict[int, set[str]] = {}
    for run in runs:
        folds.setdefault(run.fold, set()).update(run.predictions["dialogue_id"])

    everything = set().union(*folds.values())
    are_disjoint = len(everything) == sum(map(len, folds.values()))
    if are_disjoint or all(dialogues == everything for dialogues in folds.values()):
        yield min(folds), list(range(len(runs))), sorted(everything)
        return
    for fold, dialogues in folds.items():
        own = [number for number, run in enumerate(runs) if run.fold == fold]
        yield fold, own, sorted(dialogues)


def _mean(drawn: NDArray[np.float64]) -> NDArray[np.float64]:
    """(R, B) -> (B,) mean over the runs that say something; nan where none does."""
    silent = np.isnan(drawn).all(axis=0)
    mean = np.asarray(np.nanmean(np.where(silent, 0.0, drawn), axis=0), dtype=np.float64)
    mean[silent] = np.nan
    return mean
