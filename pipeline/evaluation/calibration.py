"""calibration.json: what a run's probabilities are worth, by what of an utterance was usable.

Temperatures are fitted on the validation role of the run's fold and judged on its test role, over
all conditions that the run was tested under; one that the validation role does not bear out, when
each part of it is judged by a temperature of the rest, is not used. Of numbers about a middle
(sentiment) it is the side that is told with a probability; of other numbers there is none.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from pipeline.base.large_arrays import pieces
from pipeline.base.records import MODALITIES, Role
from pipeline.config.settings import Section
from pipeline.config.tasks import SIGNS, ScoredTask
from pipeline.evaluation.pattern_names import pattern_names
from pipeline.evaluation.reliability import Bins, Count, bins_of, wilson
from pipeline.evaluation.temperature import (
    POOLED,
    as_signs,
    calibrated,
    fit_temperatures,
    unproven,
)

FILE = "calibration.json"
UNFITTED = "`train.keep: last` says that its validation role cannot be trusted to fit one"


class Reliability(Section):
    """A pattern of the test role: different utterances, and their counts."""

    n_utterances: Count
    before: Bins
    after: Bins

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the accuracy; an utterance counts once, however often it was seen."""
        return wilson(self.after.accuracy, self.n_utterances)


class Calibration(Section):
    """Of one run. Temperatures and reliability by pattern; `all` is every row together."""

    reason: str = ""  # why there is none
    classes: tuple[str, ...] = ()  # what has a probability, in the order of the outputs
    fitted_on: Role = "validation"  # test: the protocol validates on it, and errors look smaller
    temperatures: dict[str, Annotated[float, Field(gt=0, allow_inf_nan=False)]] = {}
    unfitted: str = ""  # why every temperature is 1
    unproven: tuple[str, ...] = ()  # patterns whose temperature is 1: no other one is borne out
    patterns: dict[str, Reliability] = {}

    def expected(self, pattern: str) -> Reliability | None:
        """What the test role showed of a pattern, of all rows where it was not seen there."""
        return self.patterns.get(pattern) or self.patterns.get(POOLED)


@dataclass(frozen=True)
class Judged:
    """n rows of a role: outputs (n, C), targets (n,), what was usable, and of which utterance."""

    outputs: NDArray[np.float32]
    targets: NDArray[np.generic]  # class numbers or values
    patterns: NDArray[np.str_]
    utterances: NDArray[np.str_]

    def with_signs(self) -> "Judged":
        """Rows on either side of the middle, as two classes; those upon it are left out."""
        clear = self.targets != 0
        return Judged(
            as_signs(self.outputs[clear]),
            (self.targets[clear] > 0).astype(np.int64),
            self.patterns[clear],
            self.utterances[clear],
        )


def judged(
    outputs: NDArray[np.float32],
    targets: NDArray[np.generic],
    usable: NDArray[np.bool_],
    utterances: NDArray[np.str_],
) -> Judged:
    """All R conditions as rows: outputs (R, n, C), targets (n,), usable (R, n, 3), ids (n,)."""
    n_conditions, _, n_outputs = outputs.shape
    return Judged(
        outputs.reshape(-1, n_outputs),
        np.tile(targets, n_conditions),
        np.array(pattern_names(usable.reshape(-1, len(MODALITIES)), MODALITIES)),
        np.tile(utterances, n_conditions),
    )


def calibrate(
    task: ScoredTask,
    validation: Judged,
    test: Judged,
    fitted_on: Role,
    *,
    gives_logits: bool,
    may_fit: bool = True,
) -> Calibration:
    """Fit on one role, judge on the other; without `may_fit` the outputs stand as they are."""
    if task.measured == "dimensional":
        return Calibration(reason="numbers on a scale have no probability")
    if not gives_logits:
        return Calibration(reason="the network compares by numbers that no softmax belongs to")
    classes: tuple[str, ...] = task.classes
    if task.measured == "sentiment":
        validation, test, classes = validation.with_signs(), test.with_signs(), SIGNS
    if not len(validation.targets):
        return Calibration(reason=f"no row of the {fitted_on} role to fit to")

    if not may_fit:
        untouched = {POOLED: 1.0}
        return Calibration(
            classes=classes,
            fitted_on=fitted_on,
            temperatures=untouched,
            unfitted=UNFITTED,
            patterns=_judge(test, untouched),
        )

    told = (validation.outputs, validation.targets.astype(np.int64))
    temperatures = fit_temperatures(
        *told, validation.patterns.tolist(), validation.utterances.tolist()
    )
    doubted = unproven(temperatures, *told, validation.patterns, validation.utterances)
    temperatures |= dict.fromkeys(doubted, 1.0)
    return Calibration(
        classes=classes,
        fitted_on=fitted_on,
        temperatures={name: float(f"{value:.6g}") for name, value in temperatures.items()},
        unproven=doubted,
        patterns=_judge(test, temperatures),
    )


def _judge(test: Judged, temperatures: Mapping[str, float]) -> dict[str, Reliability]:
    names = sorted(set(test.patterns.tolist()))
    found = {POOLED: np.ones(len(test.targets), dtype=bool)}
    found |= {name: test.patterns == name for name in names}
    return {
        name: Reliability(
            n_utterances=len(set(test.utterances[rows].tolist())),
            before=_bins(test, rows, dict.fromkeys((POOLED, *names), 1.0)),
            after=_bins(test, rows, temperatures),
        )
        for name, rows in found.items()
        if rows.any()
    }


def _bins(test: Judged, rows: NDArray[np.bool_], temperatures: Mapping[str, float]) -> Bins:
    """Counts of the `rows` (n,) under the temperature of each one's pattern."""
    numbers = np.flatnonzero(rows)
    counted = []
    for piece in pieces(len(numbers), test.outputs.shape[1]):
        own = numbers[piece]
        shares = calibrated(test.outputs[own], test.patterns[own].tolist(), temperatures)
        counted.append(bins_of(shares, test.targets[own].astype(np.int64)))
    return reduce(add, counted)
