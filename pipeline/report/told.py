"""What the runs of a method said of each test utterance, with probabilities as far as they go.

Probabilities are calibrated where a run has temperatures (`evaluation.calibration`): of classes,
and of the two sides of a middle. Several seeds of a fold are averaged: probabilities, or values.

Shapes: n rows (condition and utterance), C classes or sides, M modalities of the task.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.evaluation.pattern_names import NOTHING
from pipeline.evaluation.scoring import read_confident, read_predictions
from pipeline.evaluation.temperature import POOLED, as_signs, calibrated
from pipeline.report.masked_folds import masked_folds
from pipeline.report.method_views import MethodView
from pipeline.report.task_data import RunFiles, TaskResults
from pipeline.report.views import DRAWN_CLASSES

THERE, WITHHELD, NEVER = "t", "w", "n"
KEY = ["rate", "utterance_id"]

Shares = NDArray[np.float32]
States = Mapping[int, Mapping[tuple[str, str], str]]  # fold -> (condition, utterance) -> word


@dataclass(frozen=True)
class RunTold:
    """One run: columns rate, utterance_id, target, predicted, confidence (nan: unknown)."""

    fold: int
    seed: int
    table: pd.DataFrame
    shares: Shares | None  # (n, C)
    is_calibrated: bool


@dataclass(frozen=True)
class Told:
    """All folds of a method, an utterance once for each condition; mean over seeds."""

    table: pd.DataFrame
    n_seeds: int
    is_calibrated: bool


def states_of(results: TaskResults) -> States:
    """Of each test utterance under each condition a word of M letters: there, withheld, never."""
    found: dict[int, dict[tuple[str, str], str]] = {}
    for masked in masked_folds(results):
        letters = np.where(masked.available, THERE, WITHHELD)
        letters = np.where(masked.extracted, letters, NEVER)
        words = ("".join(row) for row in letters.tolist())
        keys = ((masked.condition, str(name)) for name in masked.utterance_ids)
        found.setdefault(masked.fold, {}).update(zip(keys, words, strict=True))
    return found


def pattern_of(word: str, modalities: Sequence[str]) -> str:
    """What a word says to be there, as patterns are called: `audio+text`."""
    there = [name for name, letter in zip(modalities, word, strict=True) if letter == THERE]
    return "+".join(there) or NOTHING


def told_by(results: TaskResults, method: MethodView, states: States) -> Told:
    """Everything that a method said, fold by fold."""
    tables, n_seeds, are_calibrated = [], 1, []
    runs = list(runs_told(results, method, states))
    for fold in sorted({run.fold for run in runs}):
        own = [run for run in runs if run.fold == fold]
        seeds = [run for run in own if run.seed == min(run.seed for run in own)]
        if all(run.shares is not None for run in own) or results.task.kind == "regression":
            seeds = own
        tables.append(_mean(results, seeds))
        n_seeds = max(n_seeds, len({run.seed for run in seeds}))
        are_calibrated += [run.is_calibrated for run in seeds]

    table = pd.concat(tables).drop_duplicates(KEY)
    return Told(table, n_seeds, all(are_calibrated))


def runs_told(results: TaskResults, method: MethodView, states: States) -> Iterator[RunTold]:
    """Run by run; a model of one rate speaks of that rate alone."""
    way = results.evaluation_of(method)
    for run in results.runs(method.name, way):
        told = _read(results, run, states.get(run.fold, {}))
        if way == "ume":
            yield told
            continue
        own = (told.table["rate"] == run.train_rate).to_numpy()
        shares = None if told.shares is None else told.shares[own]
        yield RunTold(run.fold, run.seed, told.table[own], shares, told.is_calibrated)


def _read(results: TaskResults, run: RunFiles, words: Mapping[tuple[str, str], str]) -> RunTold:
    path, kind = run.folder / "predictions.csv", results.section.kind
    if len(results.classes) > DRAWN_CLASSES:  # all their probabilities would be gigabytes
        return RunTold(run.fold, run.seed, read_confident(path, kind), None, False)

    table = read_predictions(path, kind)
    logits = _logits(results, run, table)
    if logits is None:
        return RunTold(run.fold, run.seed, table.assign(confidence=np.nan), None, False)
    temperatures = _temperatures(run)
    if results.section.kind == "regression" and not temperatures:
        return RunTold(run.fold, run.seed, table.assign(confidence=np.nan), None, False)

    keys = zip(table["rate"], table["utterance_id"], strict=True)
    modalities = results.section.sorted_modalities
    named = {word: pattern_of(word, modalities) for word in set(words.values())}
    patterns = [named.get(words.get(key, ""), NOTHING) for key in keys]
    shares = calibrated(logits, patterns, temperatures or {POOLED: 1.0}).astype(np.float32)
    table = table.assign(confidence=shares.max(axis=1))
    return RunTold(run.fold, run.seed, table, shares, bool(temperatures))


def _logits(results: TaskResults, run: RunFiles, table: pd.DataFrame) -> Shares | None:
    """(n, C) numbers whose softmax are the probabilities of classes or sides; None: there are none.

    The logarithm of a probability is a logit, but for a constant that softmax takes away.
    """
    if results.task.measured == "dimensional":
        return None
    if results.task.measured == "sentiment":
        return as_signs(table["predicted"].to_numpy(np.float32)[:, None])

    path = run.folder / "predictions.csv"
    names = [f"score_{name}" for name in results.classes]
    if not set(names) <= set(pd.read_csv(path, nrows=0).columns):
        return None
    scores = pd.read_csv(path, usecols=names, dtype=np.float32)[names].to_numpy()
    logits: Shares = np.log(np.maximum(scores, np.finfo(np.float32).tiny))
    return logits


def _temperatures(run: RunFiles) -> Mapping[str, float]:
    """Empty where a run has none."""
    found = run.calibration()
    return found.temperatures if found else {}


def _mean(results: TaskResults, runs: Sequence[RunTold]) -> pd.DataFrame:
    """Over seeds; runs at several rates of their own stand one below the other."""
    tables = pd.concat([run.table for run in runs], ignore_index=True)
    groups = tables.groupby(KEY, sort=False)
    first = groups[["target", "predicted", "confidence"]].first().reset_index()
    if len({run.seed for run in runs}) < 2:
        return first
    if results.task.kind == "regression":
        first["predicted"] = groups["predicted"].mean().to_numpy()

    given = [run.shares for run in runs if run.shares is not None]
    if len(given) < len(runs):
        return first
    mean = np.zeros((len(first), given[0].shape[1]))
    np.add.at(mean, groups.ngroup().to_numpy(), np.concatenate(given))
    mean /= groups.size().to_numpy()[:, None]

    if results.task.kind == "classification":
        chosen = mean.argmax(axis=1)
        first["predicted"] = np.array(results.classes)[chosen]
    else:  # the side of the mean value
        chosen = (first["predicted"] > 0).to_numpy(np.int64)
    return first.assign(confidence=mean[np.arange(len(mean)), chosen])
