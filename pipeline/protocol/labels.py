"""Targets of a task: which annotation of a corpus means which class, or which number.

An utterance without the annotation, or with a value that belongs to no class, has no label and
takes no part in the task (FACTS B.1: the raw corpora annotate more than any task uses).
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence

from pipeline.protocol.errors import ProtocolError
from pipeline.records import Annotation, Label, Utterance
from pipeline.sections.tasks import LabeledTask


def labels_of_task(
    task: LabeledTask, utterances: Sequence[Utterance], annotations: Iterable[Annotation]
) -> list[Label]:
    """Labels of all utterances that have one, in the order of the utterance table."""
    values = annotation_values(annotations, task.annotation)
    class_of = {value: name for name, group in task.classes.items() for value in group}
    labels = []
    for name in (utterance.utterance_id for utterance in utterances):
        if task.kind == "regression" and name in values:
            labels.append(Label(name, _number(name, values[name])))
        elif values.get(name) in class_of:
            labels.append(Label(name, class_of[values[name]]))
    if not labels:
        seen = dict(Counter(values.values()).most_common(8))
        raise ProtocolError(
            f"no utterance has a label: annotation {task.annotation!r} holds {seen or 'nothing'}; "
            "set the task's `annotation` and `classes` to what build/<corpus>/annotations.csv holds"
        )
    return labels


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


def _number(utterance_id: str, value: str) -> str:
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ProtocolError(f"{utterance_id}: label {value!r} is no finite number")
    return repr(number)
