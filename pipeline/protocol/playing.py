"""A task laid on a corpus: labels, roles, and whether they can be trained, selected and scored.

Needs tables alone. What is refused here would otherwise end a run after all features were made.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.base.records import Annotation, Label, SplitRow, Utterance
from pipeline.base.wording import counted
from pipeline.config.tasks import LabeledTask, ProtocolName
from pipeline.protocol.labels import LabelAccount, labels_of_task
from pipeline.protocol.role_labels import check_roles, labels_by_role, notes_on_roles
from pipeline.protocol.scales import check_numbers
from pipeline.protocol.splits import all_tested, assign_splits


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
        else:
            numbers = [float(label.label) + task.middle for label in self.labels]
            span = f"values from {min(numbers):g} to {max(numbers):g}, midpoint {task.middle:g}"
            told.append(f"{span}; metrics: {task.measured}")

        roles = Counter((row.fold, row.role) for row in self.splits)
        told += [
            f"fold {fold}: {counted(n, 'dialogue')} for {role}"
            for (fold, role), n in sorted(roles.items())
        ]
        return [*told, *(f"note: {note}" for note in self.notes)]


def play(
    task: LabeledTask,
    utterances: Sequence[Utterance],
    annotations: Iterable[Annotation],
    protocol: ProtocolName,
    n_folds_tested: int | None = None,
    only: Sequence[int] = (),
) -> Played:
    """Labels and splits of a task; ProtocolError where they cannot be made or used.

    `n_folds_tested`: the corpus trains nothing, and all of it tests in each of so many folds.
    `only`: folds that are to run, all where it is empty; others are assigned, and may be worthless.
    """
    annotations, trains = list(annotations), n_folds_tested is None
    labels, account = labels_of_task(task, utterances, annotations, needs_every_class=trains)
    if task.kind == "regression":
        check_numbers(task, labels, "all utterances")

    if n_folds_tested is None:
        splits = assign_splits(utterances, labels, annotations, task.folds, protocol)
    else:
        splits = all_tested(utterances, labels, n_folds_tested)
    dialogue_of = {row.utterance_id: row.dialogue_id for row in utterances}
    rows = ((row.dialogue_id, row.fold, row.role) for row in splits if not only or row.fold in only)
    by_role = labels_by_role(dialogue_of, labels, rows)
    check_roles(task, by_role)
    notes = [*account.notes(task), *notes_on_roles(task, by_role)]
    return Played(labels, splits, account, notes)
