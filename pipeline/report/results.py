"""Tables 1 to 4 in the paper's layout: methods down, missing rates across, ours beside theirs.

A cell is 100 x the mean of `weighted_f1` over runs (folds x seeds), its sample deviation and its
number of runs. A marker says that a method differs from the strongest baseline of its column by
the paired t-test over the same runs, Holm-corrected over the table: * p < .05, ** p < .01.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from pipeline.evaluation.aggregate import AVERAGE, summarize
from pipeline.evaluation.scoring import MAJORITY
from pipeline.evaluation.significance import holm, paired_p_values
from pipeline.report.published import published_value

METRIC = "weighted_f1"
BASELINES = ("cpmnet", "ae", "cra", "mmin", "gcnet")
Summary = dict[tuple[str, str], tuple[float, float, int]]  # (method, rate) -> mean, std, n


@dataclass(frozen=True)
class Cell:
    """One number of a table; shares of one, nan where there is none."""

    mean: float
    std: float
    n: int
    p_t: float
    p_wilcoxon: float
    published: str

    @property
    def marker(self) -> str:
        """Stars of the corrected paired t-test."""
        return "**" if self.p_t < 0.01 else "*" if self.p_t < 0.05 else ""


@dataclass(frozen=True)
class ResultTable:
    """One block of a table: a task under one evaluation."""

    number: str
    task: str
    caption: str
    columns: tuple[str, ...]
    rows: dict[str, tuple[Cell, ...]]  # method -> one cell per column
    strongest: str  # the baseline that markers compare with, "" = none

    def long_form(self) -> pd.DataFrame:
        """One number per row, as it goes to tables/*.csv."""
        return pd.DataFrame(
            {
                "table": self.number,
                "task": self.task,
                "method": method,
                "column": column,
                "mean": cell.mean,
                "std": cell.std,
                "n_runs": cell.n,
                "p_paired_t_holm": cell.p_t,
                "p_wilcoxon_holm": cell.p_wilcoxon,
                "compared_with": self.strongest,
                "published_percent": cell.published,
            }
            for method, cells in self.rows.items()
            for column, cell in zip(self.columns, cells, strict=True)
        )


def result_table(
    number: str, task: str, caption: str, scores: pd.DataFrame, methods: Sequence[str]
) -> ResultTable:
    """Build one block from the score rows that belong to it (one task, one evaluation)."""
    summary = _summary(scores)
    present = [method for method in methods if any(method == key[0] for key in summary)]
    rates = sorted({rate for _, rate in summary if rate != AVERAGE}, key=float)
    columns = (*rates, AVERAGE) if len(rates) > 1 else tuple(rates)
    strongest = _strongest(summary, present)
    p_values = _p_values(scores, present, columns, strongest)
    rows = {
        method: tuple(
            _cell(number, task, method, column, summary, p_values[method, column])
            for column in columns
        )
        for method in present
    }
    return ResultTable(number, task, caption, columns, rows, strongest)


def run_values(scores: pd.DataFrame, method: str, column: str) -> pd.Series:
    """Values of one method and column, indexed by (fold, seed)."""
    chosen = scores[(scores["metric"] == METRIC) & (scores["method"] == method)]
    if column != AVERAGE:
        chosen = chosen[chosen["rate"] == float(column)]
    values: pd.Series = chosen.groupby(["fold", "seed"])["value"].mean()
    return values


def _summary(scores: pd.DataFrame) -> Summary:
    table = summarize(scores, METRIC)
    keys = zip(table["method"], table["rate"], strict=True)
    values = zip(table["mean"], table["std"], table["n"], strict=True)
    return {
        (str(method), str(rate)): (float(mean), float(std), int(n))
        for (method, rate), (mean, std, n) in zip(keys, values, strict=True)
    }


def _strongest(summary: Summary, methods: Sequence[str]) -> str:
    means = {m: summary[m, AVERAGE][0] for m in methods if m in BASELINES}
    return max(means, key=means.__getitem__) if means else ""


def _p_values(
    scores: pd.DataFrame, methods: Sequence[str], columns: Sequence[str], strongest: str
) -> dict[tuple[str, str], tuple[float, float]]:
    """Corrected p of both tests, by method and column; nan against itself and the floor."""
    nothing = float("nan")
    keys = [(method, column) for method in methods for column in columns]
    raw = []
    for method, column in keys:
        if not strongest or method in (strongest, MAJORITY):
            raw.append((nothing, nothing))
            continue
        ours = run_values(scores, method, column)
        theirs = run_values(scores, strongest, column)
        shared = ours.index.intersection(theirs.index)
        raw.append(paired_p_values(ours[shared].tolist(), theirs[shared].tolist()))
    corrected = zip(holm([t for t, _ in raw]), holm([w for _, w in raw]), strict=True)
    return dict(zip(keys, corrected, strict=True))


def _cell(
    number: str,
    task: str,
    method: str,
    column: str,
    summary: Summary,
    p_values: tuple[float, float],
) -> Cell:
    theirs = published_value(number, task, method, column)
    return Cell(*summary[method, column], *p_values, theirs)
