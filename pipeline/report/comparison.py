"""Every method against every other: differences, intervals over dialogues, corrected tests.

No list of names decides who is compared with whom: the main method is the first of `train.methods`,
its reference the best other method on average, unless `report` names them.

Shapes: B draws.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.config.tasks import FLOORS
from pipeline.evaluation.aggregate import AVERAGE, DECLINE, best, rates_in, run_table, runs_of
from pipeline.evaluation.bootstrap import MIN_DIALOGUES, N_DRAWS, interval
from pipeline.evaluation.significance import holm, paired_p_values
from pipeline.report.method_views import MethodView
from pipeline.report.results import ResultBlock
from pipeline.report.task_data import TaskResults


@dataclass(frozen=True)
class Difference:
    """`first` less `second`, as shares of one; nan where there is no interval, or no test."""

    first: str
    second: str
    value: float
    low: float
    high: float
    n_runs: int
    p_holm: float = float("nan")

    @property
    def is_told(self) -> bool:
        """Whether the interval leaves 0 out; nan is not told."""
        return self.low > 0 or self.high < 0


def reference_of(
    results: TaskResults, runs: pd.DataFrame, methods: Sequence[MethodView]
) -> MethodView | None:
    """Whom the main method is compared with: the one that is named, or the best of the others."""
    others = [method for method in methods if method.name not in (results.main.name, *FLOORS)]
    named = [method.name for method in others if method.name == results.reference_name]
    chosen = best(runs, named or [method.name for method in others], AVERAGE)
    return next((method for method in others if method.name == chosen), None)


def bounds(
    results: TaskResults, pair: Sequence[tuple[str, str]], rates: Sequence[str]
) -> tuple[float, float]:
    """Ends of the interval of a difference, on average over rates.

    `pair`: name and evaluation of the one and of the other. Both meet the same draws.
    """
    ours, theirs = (draws_of(results, method, way, rates) for method, way in pair)
    return interval(ours - theirs, results.n_dialogues(*pair[0], rates[0]))


def draws_of(
    results: TaskResults, method: str, way: str, rates: Sequence[str]
) -> NDArray[np.float64]:
    """(B,) score of each draw, mean over rates."""
    drawn = [results.draws(method, way, rate) for rate in rates]
    mean: NDArray[np.float64] = np.mean(drawn, axis=0)
    return mean


def mark_best(
    found: ResultBlock, results: TaskResults, way_of: Callable[[MethodView], str]
) -> ResultBlock:
    """Mark, in each column, the best and what its interval does not tell from it."""
    ways = {m.name: way_of(m) for m in found.methods if m.name not in FLOORS}
    rates = [column for column in found.columns if column not in (AVERAGE, DECLINE)]
    marked = dict(found.results)

    for column in [column for column in found.columns if column != DECLINE]:
        means = {name: found.results[name, column].mean for name in ways}
        known = {name: mean for name, mean in means.items() if not np.isnan(mean)}
        if len(known) < 2:
            continue
        first = max(known, key=known.__getitem__)
        over = rates if column == AVERAGE else [column]
        for name in known:
            pair = [(first, ways[first]), (name, ways[name])]
            if name == first or bounds(results, pair, over)[0] <= 0:
                marked[name, column] = replace(marked[name, column], is_best=True)

    return replace(found, results=marked)


def differences(
    results: TaskResults, way: str, methods: Sequence[MethodView], condition: str | None = None
) -> list[Difference]:
    """Every pair on average over rates, tests corrected over all pairs.

    `condition`: under a condition that is no rate instead.
    """
    scores = results.of_evaluation(way)
    if condition is not None:
        named = results.of_conditions(way)
        scores = named[named["rate"] == condition]
    runs = run_table(scores, results.measure.metric)
    rates = rates_in(runs)
    names = [method.name for method in methods]
    found, p_values = [], []
    for first, second in combinations(names, 2):
        ours, theirs = (runs_of(runs, name, AVERAGE) for name in (first, second))
        shared = ours.index.intersection(theirs.index)
        pair = ours[shared].tolist(), theirs[shared].tolist()
        p_values.append(paired_p_values(*pair, results.test_to_train)[0])

        ends = bounds(results, [(first, way), (second, way)], rates)
        value = float(ours.mean() - theirs.mean())
        found.append(Difference(first, second, value, *ends, len(shared)))

    corrected = holm(p_values)
    return [replace(pair, p_holm=p) for pair, p in zip(found, corrected, strict=True)]


def said_of_intervals(n_dialogues: int) -> str:
    """What an interval holds, or why there is none."""
    if n_dialogues < MIN_DIALOGUES:
        return (
            f"No intervals: {n_dialogues} test dialogues are too few to draw from, "
            f"{MIN_DIALOGUES} are needed."
        )
    return (
        f"In brackets: 95 % intervals of {N_DRAWS} bootstrap draws from {n_dialogues} whole test "
        "dialogues, all seeds of a dialogue together, the same draws for all methods. What another "
        "training set or seed would change is not in them."
    )
