"""reliability.csv: what the probabilities of each method are worth, over all its runs."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from operator import add
from statistics import fmean

from pipeline.evaluation.calibration import Calibration, Reliability
from pipeline.evaluation.reliability import wilson
from pipeline.evaluation.temperature import POOLED


@dataclass(frozen=True, slots=True)
class ReliabilityRow:
    """A method under a pattern of modalities; without a pattern, why nothing is known."""

    task: str
    method: str
    train_rate: str
    pattern: str  # `all` is every row together
    n_utterances: int  # different ones
    n_rows: int  # under all conditions
    accuracy: float
    accuracy_low: float  # 95 % interval, an utterance counting once
    accuracy_high: float
    temperature: float  # geometric mean over the runs
    n_unproven: int  # runs in which it is 1, since the role that it is fitted on bears out no other
    ece_before: float
    ece_after: float
    ece_by_chance: float  # what so few rows show where every probability is right
    fitted_on: str
    reason: str  # why there are no probabilities, or no temperature was fitted


@dataclass(frozen=True)
class CalibratedRun:
    """calibration.json with the names of its run."""

    task: str
    method: str
    train_rate: str
    fold: int
    calibration: Calibration


def reliability_rows(runs: Iterable[CalibratedRun]) -> Iterator[ReliabilityRow]:
    """Runs of a method and training rate together, pattern by pattern."""
    groups: dict[tuple[str, str, str], list[CalibratedRun]] = {}
    for run in runs:
        groups.setdefault((run.task, run.method, run.train_rate), []).append(run)

    for names, members in groups.items():
        told = [run for run in members if not run.calibration.reason]
        if not told:
            first, nan = members[0].calibration, math.nan
            yield ReliabilityRow(
                *names,
                "",
                0,
                0,
                nan,
                nan,
                nan,
                nan,
                0,
                nan,
                nan,
                nan,
                first.fitted_on,
                first.reason,
            )
            continue
        patterns = sorted({p for run in told for p in run.calibration.patterns} - {POOLED})
        for pattern in (POOLED, *patterns):
            yield _row(names, pattern, told)


def _row(names: tuple[str, str, str], pattern: str, runs: list[CalibratedRun]) -> ReliabilityRow:
    every = [(run, run.calibration.patterns.get(pattern)) for run in runs]
    own = [(run, found) for run, found in every if found is not None]
    before = reduce(add, (found.before for _, found in own))
    after = reduce(add, (found.after for _, found in own))
    n_utterances = _different(own)

    # A run without a temperature of its own for the pattern uses that of all together.
    used = [(run.calibration, _used(run.calibration, pattern)) for run, _ in own]
    logs = [math.log(calibration.temperatures[name]) for calibration, name in used]

    return ReliabilityRow(
        *names,
        pattern=pattern,
        n_utterances=n_utterances,
        n_rows=after.total,
        accuracy=after.accuracy,
        accuracy_low=wilson(after.accuracy, n_utterances)[0],
        accuracy_high=wilson(after.accuracy, n_utterances)[1],
        temperature=math.exp(fmean(logs)),
        n_unproven=sum(name in calibration.unproven for calibration, name in used),
        ece_before=before.ece,
        ece_after=after.ece,
        ece_by_chance=after.least_ece(n_utterances),
        fitted_on=" or ".join(sorted({run.calibration.fitted_on for run in runs})),
        reason=next((run.calibration.unfitted for run in runs if run.calibration.unfitted), ""),
    )


def _used(calibration: Calibration, pattern: str) -> str:
    """The name of the temperature that a pattern takes."""
    return pattern if pattern in calibration.temperatures else POOLED


def _different(own: Iterable[tuple[CalibratedRun, Reliability]]) -> int:
    """Utterances over all folds; several seeds of one fold see the same ones."""
    by_fold: dict[int, int] = {}
    for run, found in own:
        by_fold[run.fold] = max(by_fold.get(run.fold, 0), found.n_utterances)
    return sum(by_fold.values())
