"""Predictions of one run to score rows; the floor of every table: a guess that never looks."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import fmean

import numpy as np
import pandas as pd

from pipeline.base.records import ROLES, Label, SplitRow
from pipeline.config.conditions import is_rate
from pipeline.config.tasks import MAJORITY, TRAINING_MEAN, ScoredTask
from pipeline.evaluation.classification import classification_metrics
from pipeline.evaluation.dimensional import dimensional_metrics
from pipeline.evaluation.scores import Score
from pipeline.evaluation.sentiment import sentiment_metrics
from pipeline.protocol.weighted_f1 import macro_f1

RoleLabels = dict[str, list[str]]
MAX_CELLS = 4_000_000  # scores read at once: 32 MB
TEXT_COLUMNS = {"utterance_id": str, "dialogue_id": str}


def read_predictions(path: Path, kind: str) -> pd.DataFrame:
    """Columns rate, utterance_id, dialogue_id, target, predicted.

    The scores of the classes are not read: of a thousand classes they would be gigabytes.
    """
    values = str if kind == "classification" else float
    types = {**TEXT_COLUMNS, "rate": str, "target": values, "predicted": values}
    return pd.read_csv(path, dtype=types, keep_default_na=False, usecols=list(types))


def read_confident(path: Path, kind: str) -> pd.DataFrame:
    """The same with a column `confidence`, the probability of what is predicted; nan for values.

    Read in pieces: of a thousand classes the scores of all rows would be gigabytes.
    """
    table = read_predictions(path, kind)
    names = [name for name in pd.read_csv(path, nrows=0).columns if name.startswith("score_")]
    if not names:
        return table.assign(confidence=float("nan"))
    rows = max(1, MAX_CELLS // len(names))
    pieces = pd.read_csv(path, usecols=names, dtype=float, chunksize=rows)
    return table.assign(confidence=pd.concat([piece.max(axis=1) for piece in pieces]).to_numpy())


def metrics_of(
    target: Sequence[object], predicted: Sequence[object], task: ScoredTask
) -> dict[str, float]:
    """The metrics of a task, by name; macro F1 where it is what the task is selected by."""
    if task.measured == "classes":
        names = [str(t) for t in target], [str(p) for p in predicted]
        values = classification_metrics(*names, task.classes)
        if task.main_score == "macro_f1":
            values["macro_f1"] = macro_f1(*map(np.array, names))
        return values

    numbers = [float(str(t)) for t in target], [float(str(p)) for p in predicted]
    if task.measured == "dimensional":
        return dimensional_metrics(*numbers)
    return sentiment_metrics(*numbers)


def score_run(predictions: pd.DataFrame, run: dict[str, object], task: ScoredTask) -> list[Score]:
    """Every metric of a run under every condition that it was tested under."""
    rows = []
    groups = dict(list(predictions.groupby("rate", sort=False)))
    for rate in conditions_in_order(map(str, groups)):
        group = groups[rate]
        values = metrics_of(group["target"].tolist(), group["predicted"].tolist(), task)

        rows += [
            Score(
                task=str(run["task"]),
                method=str(run["method"]),
                fold=int(str(run["fold"])),
                seed=int(str(run["seed"])),
                train_rate=str(run["train_rate"]),
                rate=rate,
                selection=str(run["selection"]),
                metric=metric,
                value=value,
            )
            for metric, value in values.items()
        ]
    return rows


def conditions_in_order(conditions: Iterable[str]) -> list[str]:
    """Rates rising, then the other conditions in the given order; each once."""
    names = list(dict.fromkeys(conditions))
    return sorted(filter(is_rate, names), key=float) + [n for n in names if not is_rate(n)]


def floor_rows(
    name: str, fold: int, roles: RoleLabels, task: ScoredTask, rates: Sequence[str]
) -> list[Score]:
    """Scores of task `name` without looking: the same for every utterance, at every rate."""
    method, guess = floor_of(roles["train"], task)
    values = metrics_of(roles["test"], [guess] * len(roles["test"]), task)

    return [
        Score(name, method, fold, 0, "", rate, "train", metric, value)
        for rate in rates
        for metric, value in values.items()
    ]


def floor_of(labels: Sequence[str], task: ScoredTask) -> tuple[str, str]:
    """Name of the floor, and what it says: the commonest class or sign (+1 or -1), or the mean."""
    if task.measured == "classes":
        return MAJORITY, Counter(sorted(labels)).most_common(1)[0][0]
    numbers = [float(label) for label in labels]
    if task.measured == "dimensional":
        return TRAINING_MEAN, repr(fmean(numbers))
    signs = Counter("1.0" if number > 0 else "-1.0" for number in numbers if number != 0)
    return MAJORITY, signs.most_common(1)[0][0]


def labels_of_roles(
    fold: int, labels: Iterable[Label], splits: Iterable[SplitRow], dialogue_of: Mapping[str, str]
) -> RoleLabels:
    """Labels of each role of a fold."""
    members: dict[str, set[str]] = {role: set() for role in ROLES}
    for split in splits:
        if split.fold == fold:
            members[split.role].add(split.dialogue_id)
    return {
        role: [row.label for row in labels if dialogue_of[row.utterance_id] in dialogues]
        for role, dialogues in members.items()
    }
