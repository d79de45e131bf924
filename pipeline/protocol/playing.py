"""A task laid on a corpus: labels, roles, and whether they can be trained, selected and scored.

Needs tables alone. What is refused here would otherwise end a run after all features were made.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.base.records import Annotation, Label, SplitRow, Utterance
from pipeline.config.tasks import LabeledTask, ProtocolName
from pipeline.protocol.errors import ProtocolError
from pipeline.protocol.labels import LabelAccount, labels_of_task
from pipeline.protocol.splits import assign_splits

JUDGING = ("validation", "test")


@dataclass(frozen=True)
class Played:
    """What `assign_splits` writes, and what it says."""

    labels: list[Label]
    splits: list[SplitRow]
    account: LabelAccount
    notes: list[str]

    def lines(self, task: LabeledTask) -> list[str]:
        """Counts of labels, classes and roles, then the notes."""
        told = [f"{len(self.labels)} of {self.account.n_utterances} utterances have a label"]
        if task.kind == "classification":
            counts = Counter(label.label for label in self.labels)
            told.append(", ".join(f"{name} {counts[name]}" for name in task.classes))
        roles = Counter((row.fold, row.role) for row in self.splits)
        told += [
            f"fold {fold}: {n} dialogues for {role}" for (fold, role), n in sorted(roles.items())
        ]
        return [*told, *(f"note: {note}" for note in self.notes)]


def play(
    task: LabeledTask,
    utterances: Sequence[Utterance],
    annotations: Iterable[Annotation],
    protocol: ProtocolName,
) -> Played:
    """Labels and splits of a task; ProtocolError where they cannot be made or used."""
    annotations = list(annotations)
    labels, account = labels_of_task(task, utterances, annotations)
    if task.kind == "regression":
        _check_sides(task, labels, "all utterances")
    splits = assign_splits(utterances, labels, annotations, task.folds, protocol)
    if task.kind == "regression":
        _check_roles(task, utterances, labels, splits)
    return Played(labels, splits, account, account.notes(task))


def _check_roles(
    task: LabeledTask,
    utterances: Iterable[Utterance],
    labels: Iterable[Label],
    splits: Iterable[SplitRow],
) -> None:
    dialogue_of = {row.utterance_id: row.dialogue_id for row in utterances}
    by_dialogue: dict[str, list[Label]] = {}
    for label in labels:
        by_dialogue.setdefault(dialogue_of[label.utterance_id], []).append(label)

    by_role: dict[tuple[int, str], list[Label]] = {}
    for row in splits:
        if row.role in JUDGING:
            by_role.setdefault((row.fold, row.role), []).extend(
                by_dialogue.get(row.dialogue_id, [])
            )

    for (fold, role), members in by_role.items():
        _check_sides(task, members, f"fold {fold}, {role}")


def _check_sides(task: LabeledTask, labels: Iterable[Label], place: str) -> None:
    """Refuse labels on one side of the centre: every model would score 100 % by the signs.

    Epochs are selected, and tables made, by weighted F1 of above against below the centre.
    """
    numbers = [float(label.label) for label in labels]
    n_below, n_above = sum(n < 0 for n in numbers), sum(n > 0 for n in numbers)
    if n_below and n_above:
        return

    low, high = min(numbers) + task.center, max(numbers) + task.center
    if not n_below and not n_above:
        what = f"every value is {task.center:g}, and such values are not scored"
    else:
        side = "above" if n_above else "below"
        what = f"no value lies {'below' if n_above else 'above'} {task.center:g}, all others {side}"

    raise ProtocolError(
        f"{place}: {task.annotation!r} goes from {low:g} to {high:g} ({len(numbers)} labels): "
        f"{what}. Epochs are selected and tables are made by which side of `center` "
        f"({task.center:g}) a value lies on, so there is nothing to tell apart: set the task's "
        "`center` to the middle of the scale (3 for 1 to 5), or use fewer or other folds"
    )
