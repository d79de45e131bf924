"""Numbers of Tables 1 to 4: one block per task, methods down, missing rates across.

A cell is the mean of the task's score over runs (folds x seeds), its sample deviation, its number
of runs, and how it differs from the block's reference (`comparison.reference_of`): p of the
corrected resampled t-test and of Wilcoxon's signed-rank test over the same runs, each
Holm-corrected over the block.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from pipeline.config.tasks import FLOORS
from pipeline.evaluation.aggregate import run_table, runs_of
from pipeline.evaluation.significance import holm, paired_p_values
from pipeline.report.measures import Measure
from pipeline.report.method_views import MethodView
from pipeline.report.published import published_value

NAN = float("nan")


@dataclass(frozen=True)
class Result:
    """One number; shares of one, nan where there is none."""

    mean: float
    std: float
    n: int
    p_t: float = NAN
    p_wilcoxon: float = NAN
    published: str = ""
    is_best: bool = False  # best of its column, or not told from it

    @property
    def marker(self) -> str:
        """Stars of the corrected resampled t-test."""
        return "**" if self.p_t < 0.01 else "*" if self.p_t < 0.05 else ""


@dataclass(frozen=True)
class ResultBlock:
    """One task in one table."""

    table: str
    task: str
    measure: Measure
    methods: tuple[MethodView, ...]
    columns: tuple[str, ...]
    results: dict[tuple[str, str], Result]  # by method's name and column
    reference: MethodView | None  # whom the markers compare with

    @property
    def n_runs(self) -> int:
        """Most runs behind a number of a method, the floor not counted."""
        return max((r.n for (name, _), r in self.results.items() if name not in FLOORS), default=0)

    def long_form(self) -> pd.DataFrame:
        """One number per row, as it goes to tables/*.csv."""
        # Columns are in the order in which the file has them.
        return pd.DataFrame(
            {
                "table": self.table,
                "task": self.task,
                "method": method.name,
                "column": column,
                "metric": self.measure.metric,
                "mean": (result := self.results[method.name, column]).mean,
                "std": result.std,
                "n_runs": result.n,
                "compared_with": self.reference.name if self.reference else "",
                "p_corrected_t_holm": result.p_t,
                "p_wilcoxon_holm": result.p_wilcoxon,
                "published_percent": result.published,
            }
            for method in self.methods
            for column in self.columns
        )


def block(
    table: str,
    task: str,
    measure: Measure,
    scores: pd.DataFrame,
    methods: Sequence[MethodView],
    columns: Sequence[str],
    reference: MethodView | None,
    test_to_train: float,
) -> ResultBlock:
    """Build the block of a task from the scores of one evaluation.

    `test_to_train`: as in `evaluation.significance`. A block has no reference where nobody is there
    to be compared with it.
    """
    others = [method for method in methods if method.name not in FLOORS and method != reference]
    reference = reference if others else None
    runs = run_table(scores, measure.metric)
    keys = [(method.name, column) for method in methods for column in columns]
    tests = [_paired(runs, name, column, reference, test_to_train) for name, column in keys]

    corrected = zip(holm([t for t, _ in tests]), holm([w for _, w in tests]), strict=True)
    results = {
        key: _result(runs, *key, p_values, _published(table, task, measure, *key))
        for key, p_values in zip(keys, corrected, strict=True)
    }

    return ResultBlock(table, task, measure, tuple(methods), tuple(columns), results, reference)


def _published(table: str, task: str, measure: Measure, method: str, column: str) -> str:
    """The paper prints weighted F1 alone."""
    return published_value(table, task, method, column) if measure.metric == "weighted_f1" else ""


def _paired(
    runs: pd.DataFrame,
    method: str,
    column: str,
    reference: MethodView | None,
    test_to_train: float,
) -> tuple[float, float]:
    """P of both tests over the runs that both have; nan against itself and for the floor."""
    if reference is None or method in (reference.name, *FLOORS):
        return NAN, NAN
    ours, theirs = runs_of(runs, method, column), runs_of(runs, reference.name, column)
    shared = ours.index.intersection(theirs.index)
    return paired_p_values(ours[shared].tolist(), theirs[shared].tolist(), test_to_train)


def _result(
    runs: pd.DataFrame, method: str, column: str, p_values: tuple[float, float], published: str
) -> Result:
    values = runs_of(runs, method, column)
    mean = float(values.mean()) if len(values) else NAN
    std = float(values.std(ddof=1)) if len(values) > 1 else NAN
    return Result(mean, std, len(values), *p_values, published)
