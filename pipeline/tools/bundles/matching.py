"""What of a task coincides in two studies: only that may be paired; of the rest, how much differs.

A fold coincides where every dialogue has the same role and every labelled utterance the same label;
a condition where the stored masks leave every test utterance of those folds the same modalities.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.base.wording import counted
from pipeline.tools.bundles.checking import Tables, TaskParts, read_parts, some
from pipeline.tools.bundles.errors import BundleError
from pipeline.tools.bundles.study import BundledTask, Study


@dataclass(frozen=True)
class Side:
    """A task of a study, and how the study is called."""

    name: str
    study: Study
    task: str
    folder: Path

    @property
    def bundled(self) -> BundledTask:
        """Settings, classes and runs."""
        return self.study.tasks[self.task]

    @cached_property
    def parts(self) -> TaskParts:
        """Labels, roles and masks."""
        return read_parts(self.study, self.task, self.folder)

    def withheld(self, condition: str, fold: int, utterances: Sequence[str]) -> NDArray[np.bool_]:
        """(n, 3) bool: what the stored masks leave of these."""
        rows = {utterance: row for row, utterance in enumerate(self.parts.labels)}
        places = [rows[utterance] for utterance in utterances]
        mask: NDArray[np.bool_] = self.parts.masks[condition].folds[fold][places]
        return mask


@dataclass(frozen=True)
class Coinciding:
    """Folds and conditions that may be paired, and in words all that may not."""

    folds: tuple[int, ...]
    conditions: tuple[str, ...]
    refused: tuple[str, ...]


def coinciding(ours: Side, theirs: Side) -> Coinciding:
    """Compare two tasks; raises BundleError where they measure different things."""
    _check_measure(ours, theirs)
    refused: list[str] = []
    folds = []
    for fold in sorted({*ours.bundled.folds, *theirs.bundled.folds}):
        differs = list(_fold_differs(ours, theirs, fold))
        refused += [f"fold {fold}: {line}" for line in differs]
        folds += [] if differs else [fold]

    conditions = []
    names = (*ours.study.conditions(ours.task), *theirs.study.conditions(theirs.task))
    for condition in dict.fromkeys(names) if folds else ():
        differs = list(_masks_differ(ours, theirs, condition, folds))
        refused += [f"condition {condition}: {line}" for line in differs]
        conditions += [] if differs else [condition]
    return Coinciding(tuple(folds), tuple(conditions), tuple(refused))


def _check_measure(ours: Side, theirs: Side) -> None:
    scored = [side.bundled.settings.scored for side in (ours, theirs)]
    told = [
        (task.kind, task.measured, task.main_score, sorted(task.classes), task.center)
        for task in scored
    ]
    if told[0] != told[1]:
        both = [", ".join(map(str, (*facts[:3], *facts[3]))) for facts in told]
        raise BundleError(
            f"{ours.task} of {ours.name} and {theirs.task} of {theirs.name} measure different "
            f"things: {both[0]} against {both[1]}"
        )


def _fold_differs(ours: Side, theirs: Side, fold: int) -> Iterator[str]:
    for side in (ours, theirs):
        if fold not in side.bundled.folds:
            yield f"{side.name} has no run of it"
            return

    yield from _tables_differ(ours.parts, theirs.parts, fold, _is_number(ours))
    if any(side.bundled.settings.test_corpus is not None for side in (ours, theirs)):
        homes = ours.parts.home, theirs.parts.home
        for line in _tables_differ(*homes, fold, _is_number(ours)):
            yield f"of what is trained on, {line}"


def _tables_differ(ours: Tables, theirs: Tables, fold: int, is_number: bool) -> Iterator[str]:
    roles = [tables.roles.get(fold, {}) for tables in (ours, theirs)]
    yield from _unlike(roles, "dialogues", "role")
    dialogues = {*roles[0], *roles[1]}
    labels = [_labels(tables, dialogues, is_number) for tables in (ours, theirs)]
    yield from _unlike(labels, "utterances", "label")


def _unlike(sides: Sequence[Mapping[str, object]], what: str, value: str) -> Iterator[str]:
    """Of names with their values: those of one side alone, and those with another value there."""
    ours, theirs = sides
    names = sorted({*ours, *theirs})
    alone = [name for name in names if (name in ours) != (name in theirs)]
    other = [name for name in names if name not in alone and ours[name] != theirs[name]]
    if alone:
        yield f"{len(alone)} of {len(names)} {what} are in one study alone: {some(alone)}"
    if other:
        yield f"{len(other)} of {len(names)} {what} have another {value}: {some(other)}"


def _is_number(side: Side) -> bool:
    return side.bundled.settings.kind == "regression"


def _labels(tables: Tables, dialogues: set[str], is_number: bool) -> dict[str, str]:
    """Of the utterances in these dialogues; numbers are compared as numbers."""
    return {
        utterance: str(float(label)) if is_number else label
        for utterance, label in tables.labels.items()
        if tables.dialogue_of[utterance] in dialogues
    }


def _masks_differ(ours: Side, theirs: Side, condition: str, folds: Sequence[int]) -> Iterator[str]:
    for side in (ours, theirs):
        if condition not in side.parts.masks:
            yield f"{side.name} was not tested under it"
            return

    for fold in folds:
        utterances = ours.parts.tested(fold)
        masks = [side.withheld(condition, fold, utterances) for side in (ours, theirs)]
        rows = np.flatnonzero((masks[0] != masks[1]).any(axis=1))
        if len(rows):
            named = some([utterances[row] for row in rows])
            total = counted(len(utterances), "test utterance")
            yield f"masks of {len(rows)} of {total} of fold {fold} differ: {named}"
