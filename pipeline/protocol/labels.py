"""Targets of a task: which annotation of a corpus means which class, or which number.

An utterance without the annotation, or with a value that belongs to no class, has no label and
takes no part in the task (reading.md B.1: the raw corpora annotate more than any task uses). Such
values are counted, so that a spelling which costs labels is seen. NaN and its like, as numpy and
pandas write them where there is no value, are no label.
"""

import difflib
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.base.numbers import to_number
from pipeline.base.records import Annotation, Label, Utterance
from pipeline.base.wording import counted
from pipeline.config.tasks import LabeledTask
from pipeline.protocol.errors import ProtocolError

NO_VALUE = ("", "nan", "na", "n/a", "<na>", "none", "null")  # in small letters
SHOWN = 8
LARGEST = 1e9  # of a number's distance from the middle: errors are squared in 32 bits


@dataclass(frozen=True)
class LabelAccount:
    """What became of every utterance; `values` and `unused` count annotation values."""

    n_utterances: int
    n_labels: int
    n_without: int  # utterances that lack the annotation
    values: Mapping[str, int]  # that gave a label; classification only
    unused: Mapping[str, int]  # that gave none

    def notes(self, task: LabeledTask) -> list[str]:
        """What a user should look at: values that cost labels, spellings that differ by case."""
        told = []
        if self.unused:
            n_unused = sum(self.unused.values())
            have = counted(n_unused, "utterance has a value", "utterances have values")
            what = ("belongs", "belong") if task.classes else ("is", "are")
            rest = "to no class" if task.classes else "no number" if n_unused == 1 else "no numbers"
            told.append(
                f"{have} of {task.annotation!r} that {what[n_unused > 1]} {rest}, so no label: "
                f"{_counted(self.unused)}"
            )

        listed = {value: name for name, group in task.classes.items() for value in group}
        by_letters = {_letters(value): name for value, name in listed.items()}
        for value in self.unused:
            if (name := by_letters.get(_letters(value))) is not None:
                told.append(
                    f"{value!r} is a value of class {name!r} but for capitals or blanks: add it "
                    f"to `classes.{name}` if it means the same"
                )
        if never := sorted(value for value in listed if value not in self.values):
            told.append(f"values in `classes` that no utterance has: {', '.join(never)}")
        return told


def labels_of_task(
    task: LabeledTask,
    utterances: Sequence[Utterance],
    annotations: Iterable[Annotation],
    *,
    needs_every_class: bool = True,
) -> tuple[list[Label], LabelAccount]:
    """Labels of all utterances that have one, in the order of the utterance table; the account.

    A class that no utterance has is refused unless `needs_every_class` is False, as where a corpus
    is only tested on.
    """
    annotations = list(annotations)
    values = annotation_values(annotations, task.annotation)
    ids = [utterance.utterance_id for utterance in utterances]
    if not any(name in values for name in ids):
        names = Counter(row.name for row in annotations)
        near = difflib.get_close_matches(task.annotation, names, n=1)
        raise ProtocolError(
            f"no utterance has a label: annotation {task.annotation!r} holds nothing; there are "
            f"{_counted(names) or 'no annotations at all'}"
            + (f"; did you mean {near[0]!r}?" if near else "; set the task's `annotation`")
        )

    label_of = _numbers(task, values) if task.kind == "regression" else _classes(task, values)
    labels = [Label(name, label_of[values[name]]) for name in ids if values.get(name) in label_of]
    account = _account(ids, values, label_of, len(labels))
    _refuse_empty(task, labels, account, needs_every_class)
    return labels, account


def annotation_values(annotations: Iterable[Annotation], name: str) -> dict[str, str]:
    """Value of annotation `name` per utterance; an utterance has it at most once."""
    values: dict[str, str] = {}
    for row in annotations:
        if row.name != name:
            continue
        if row.utterance_id in values:
            raise ProtocolError(f"{row.utterance_id} has annotation {name!r} twice")
        values[row.utterance_id] = row.value
    return values


def _classes(task: LabeledTask, values: Mapping[str, str]) -> dict[str, str]:
    return {value: name for name, group in task.classes.items() for value in group}


def _numbers(task: LabeledTask, values: Mapping[str, str]) -> dict[str, str]:
    """Number of each value that is one, less the task's centre; a word is refused."""
    numbers = {}
    for utterance, value in values.items():
        if value.strip().lower() in NO_VALUE:
            continue

        try:
            number = to_number(value)
        except ValueError:
            number = math.inf
        if not math.isfinite(number):
            raise ProtocolError(
                f"{utterance}: label {value!r} of {task.annotation!r} is not a finite number; "
                "leave the cell empty where there is no label, or set `kind: classification`"
            )
        if abs(number - task.middle) > LARGEST:
            raise ProtocolError(
                f"{utterance}: label {value!r} of {task.annotation!r} is more than {LARGEST:g} "
                f"from the middle ({task.middle:g}), which no network here can learn: rescale it"
            )
        numbers[value] = repr(number - task.middle)
    return numbers


def _account(
    ids: Sequence[str], values: Mapping[str, str], label_of: Mapping[str, str], n_labels: int
) -> LabelAccount:
    counts = Counter(values[name] for name in ids if name in values)
    return LabelAccount(
        n_utterances=len(ids),
        n_labels=n_labels,
        n_without=len(ids) - sum(counts.values()),
        values={value: n for value, n in counts.most_common() if value in label_of},
        unused={value: n for value, n in counts.most_common() if value not in label_of},
    )


def _refuse_empty(
    task: LabeledTask, labels: Sequence[Label], account: LabelAccount, needs_every_class: bool
) -> None:
    """Refuse a task without labels, and a class that no utterance has."""
    found = {**account.values, **account.unused}
    holds = f"annotation {task.annotation!r} holds {_counted(found) or 'nothing'}"
    if task.kind == "regression" or not needs_every_class:
        if not labels:
            raise ProtocolError(f"no utterance has a label: {holds}; set the task's `annotation`")
        return

    for name, group in task.classes.items():
        if any(value in account.values for value in group):
            continue
        letters = {_letters(value): value for value in account.unused}
        near = [
            letters[match]
            for value in group
            for match in difflib.get_close_matches(_letters(value), letters, n=1)
        ]
        hint = f"; did you mean {', '.join(map(repr, dict.fromkeys(near)))}?" if near else ""
        raise ProtocolError(
            f"class {name!r}: no utterance has {' or '.join(map(repr, group))}{hint} ({holds}); "
            f"mend `classes.{name}`, or delete the class"
        )


def _letters(value: str) -> str:
    return value.strip().casefold()


def _counted(values: Mapping[str, int]) -> str:
    """`happy 12, sad 3 and 4 more values`."""
    shown = ", ".join(f"{_seen(value)} {n}" for value, n in list(values.items())[:SHOWN])
    n_more = len(values) - SHOWN
    return f"{shown} and {n_more} more values" if n_more > 0 else shown


def _seen(value: str) -> str:
    """In quotes where blanks would not be seen."""
    return value if value and value == value.strip() else repr(value)
