"""Predictions of one run to score rows; the majority class as the floor of every table."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from pipeline.base.records import ROLES, Label, SplitRow
from pipeline.config.conditions import is_rate
from pipeline.config.tasks import MAJORITY
from pipeline.evaluation.classification import classification_metrics
from pipeline.evaluation.scores import Score
from pipeline.evaluation.sentiment import sentiment_metrics

RoleLabels = dict[str, list[str]]
TEXT_COLUMNS = {"utterance_id": str, "dialogue_id": str}


def read_predictions(path: Path, kind: str) -> pd.DataFrame:
    """Columns rate, utterance_id, dialogue_id, target, predicted.

    The scores of the classes are not read: of a thousand classes they would be gigabytes.
    """
    values = str if kind == "classification" else float
    types = {**TEXT_COLUMNS, "rate": str, "target": values, "predicted": values}
    return pd.read_csv(path, dtype=types, keep_default_na=False, usecols=list(types))


def metrics_of(
    target: Sequence[object], predicted: Sequence[object], kind: str, classes: Sequence[str]
) -> dict[str, float]:
    """The metrics of a task's kind, by name."""
    if kind == "classification":
        return classification_metrics(
            [str(t) for t in target], [str(p) for p in predicted], classes
        )
    return sentiment_metrics([float(str(t)) for t in target], [float(str(p)) for p in predicted])


def score_run(
    predictions: pd.DataFrame, run: dict[str, object], kind: str, classes: Sequence[str]
) -> list[Score]:
    """Every metric of a run under every condition that it was tested under."""
    rows = []
    groups = dict(list(predictions.groupby("rate", sort=False)))
    for rate in in_order(map(str, groups)):
        group = groups[rate]
        values = metrics_of(group["target"].tolist(), group["predicted"].tolist(), kind, classes)

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


def in_order(conditions: Iterable[str]) -> list[str]:
    """Rates rising, then the other conditions in the given order; each once."""
    names = list(dict.fromkeys(conditions))
    return sorted(filter(is_rate, names), key=float) + [n for n in names if not is_rate(n)]


def majority_rows(
    task: str,
    fold: int,
    roles: RoleLabels,
    kind: str,
    classes: Sequence[str],
    rates: Sequence[str],
) -> list[Score]:
    """Scores of always predicting the commonest training label: the floor, at every rate.

    For regression the commonest sign among the non-zero training labels, as +1 or -1.
    """
    guess = _commonest(roles["train"], kind)
    values = metrics_of(roles["test"], [guess] * len(roles["test"]), kind, classes)

    return [
        Score(task, MAJORITY, fold, 0, "", rate, "train", metric, value)
        for rate in rates
        for metric, value in values.items()
    ]


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


def _commonest(labels: Sequence[str], kind: str) -> str:
    if kind == "classification":
        return Counter(sorted(labels)).most_common(1)[0][0]
    signs = Counter("1.0" if float(label) > 0 else "-1.0" for label in labels if float(label) != 0)
    return signs.most_common(1)[0][0]
