"""What the labels of a role allow: to learn from them, to choose epochs by them, to score by them.

Refused is what makes a fold worthless; what only costs some of its meaning is told. Labels come by
fold and role, of the folds that are to run.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from pipeline.base.records import Label, Role
from pipeline.base.wording import counted
from pipeline.config.tasks import LabeledTask
from pipeline.protocol.errors import ProtocolError
from pipeline.protocol.scales import check_numbers

SHOWN = 8  # classes, folds

ByRole = Mapping[tuple[int, Role], Sequence[Label]]


def check_roles(task: LabeledTask, by_role: ByRole) -> None:
    """Refuse a role whose labels leave nothing to learn, and one whose numbers cannot be judged."""
    for (fold, role), labels in by_role.items():
        if role == "train":
            _check_training(task, labels, f"fold {fold}, train")
        elif task.kind == "regression":
            check_numbers(task, labels, f"fold {fold}, {role}")


def notes_on_roles(task: LabeledTask, by_role: ByRole) -> Iterator[str]:
    """Classes that a role lacks, roles of one class, and training numbers on one side alone."""
    if task.kind == "regression":
        yield from _notes_on_sides(task, by_role)
        return

    found = {place: {label.label for label in labels} for place, labels in by_role.items()}
    for (fold, role), classes in found.items():
        if role != "train" and len(classes) == 1 < len(task.classes):
            yield (
                f"fold {fold}, {role}: all {counted(len(by_role[fold, role]), 'label')} are "
                f"{min(classes)!r}: who always says so scores 100 % there; use fewer or other folds"
            )

    for role in dict.fromkeys(role for _, role in by_role):
        lacking = {
            name: [
                fold
                for (fold, other), there in found.items()
                if other == role and name not in there
            ]
            for name in task.classes
        }
        told = [f"{name} in {_listed('fold', folds)}" for name, folds in lacking.items() if folds]
        if told:
            lost = "; what training lacks no method can learn" if role == "train" else ""
            yield f"classes without any label in {role}: {_some(told)}{lost}"


def _check_training(task: LabeledTask, labels: Sequence[Label], place: str) -> None:
    values = {label.label for label in labels}
    if len(values) != 1 or (task.kind == "classification" and len(task.classes) == 1):
        return
    only = values.pop()
    shown = repr(only) if task.kind == "classification" else f"{float(only) + task.middle:g}"
    raise ProtocolError(
        f"{place}: every label of {task.annotation!r} is {shown} "
        f"({counted(len(labels), 'label')}), so that there is nothing to learn: use fewer or other "
        "folds, leave this one out of `folds.only`, or take another annotation"
    )


def _notes_on_sides(task: LabeledTask, by_role: ByRole) -> Iterator[str]:
    if task.measured != "sentiment":
        return
    for (fold, role), labels in by_role.items():
        sides = {float(label.label) > 0 for label in labels if float(label.label) != 0}
        if role == "train" and len(sides) < 2:
            side = "above" if True in sides else "below"
            yield (
                f"fold {fold}, train: no value of {task.annotation!r} lies on both sides of "
                f"{task.middle:g}, all {side}: no method can learn the other side"
            )


def _listed(noun: str, numbers: Sequence[int]) -> str:
    return f"{noun if len(numbers) == 1 else noun + 's'} {_some(list(map(str, numbers)))}"


def _some(told: Sequence[str]) -> str:
    more = f" and {len(told) - SHOWN} more" if len(told) > SHOWN else ""
    return ", ".join(told[:SHOWN]) + more


def labels_by_role(
    dialogue_of: Mapping[str, str], labels: Iterable[Label], splits: Iterable[tuple[str, int, Role]]
) -> dict[tuple[int, Role], list[Label]]:
    """Labels of every fold and role; `splits`: dialogue, fold, role."""
    by_dialogue: dict[str, list[Label]] = {}
    for label in labels:
        by_dialogue.setdefault(dialogue_of[label.utterance_id], []).append(label)

    by_role: dict[tuple[int, Role], list[Label]] = {}
    for dialogue, fold, role in splits:
        by_role.setdefault((fold, role), []).extend(by_dialogue.get(dialogue, []))
    return by_role
