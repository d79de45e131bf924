"""Whether the numbers of a task can be selected and scored by what it measures.

What is refused here would otherwise give every model the same score: 100 % by signs where all
values lie on one side of the centre, CCC 0 where all are equal (in 32 bits, as networks see them).
"""

from collections.abc import Sequence

import numpy as np

from pipeline.base.records import Label
from pipeline.base.wording import counted
from pipeline.config.tasks import LabeledTask
from pipeline.protocol.errors import ProtocolError


def check_numbers(task: LabeledTask, labels: Sequence[Label], place: str) -> None:
    """Refuse labels outside the scale, and labels that the task's metrics cannot tell apart."""
    numbers = [float(label.label) + task.middle for label in labels]
    _check_scale(task, labels, numbers)
    if task.measured == "sentiment":
        _check_sides(task, [float(label.label) for label in labels], place)
    elif np.ptp(np.array([float(label.label) for label in labels], np.float32)) == 0:
        raise ProtocolError(
            f"{place}: every value of {task.annotation!r} is {numbers[0]:g} "
            f"({counted(len(numbers), 'label')}): no correlation or CCC is defined. Use fewer or "
            "other folds, or another annotation"
        )


def _check_scale(task: LabeledTask, labels: Sequence[Label], numbers: Sequence[float]) -> None:
    if task.scale is None:
        return
    low, high = task.scale
    slack = 1e-9 * max(abs(low), abs(high))  # labels are stored as distances from the middle
    for label, number in zip(labels, numbers, strict=True):
        if not low - slack <= number <= high + slack:
            raise ProtocolError(
                f"{label.utterance_id}: {number:g} of {task.annotation!r} lies outside the scale, "
                f"{low:g} to {high:g}: mend the label, or the task's `scale`"
            )


def _check_sides(task: LabeledTask, distances: Sequence[float], place: str) -> None:
    """Refuse labels on one side of the centre: every model would score 100 % by the signs."""
    n_below, n_above = sum(n < 0 for n in distances), sum(n > 0 for n in distances)
    if n_below and n_above:
        return

    middle = task.middle
    low, high = min(distances) + middle, max(distances) + middle
    if not n_below and not n_above:
        what = f"every value is {middle:g}, and such values are not scored"
    else:
        side = "above" if n_above else "below"
        what = f"no value lies {'below' if n_above else 'above'} {middle:g}, all others {side}"

    raise ProtocolError(
        f"{place}: {task.annotation!r} goes from {low:g} to {high:g} "
        f"({counted(len(distances), 'label')}): {what}. `metrics: sentiment` selects epochs and "
        f"makes tables by which side of `center` ({middle:g}) a value lies on, so there is nothing "
        "to tell apart: set the task's "
        "`center` to the middle of the scale (3 for 1 to 5), or `metrics: dimensional`, or use "
        "fewer or other folds"
    )
