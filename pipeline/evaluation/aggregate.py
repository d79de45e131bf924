"""Scores of one task over folds and seeds: the values of each run, and their summary.

A run is a (method, fold, seed). `average` is the plain mean over missing rates of a run, taken
before any mean over runs; `decline` is its value at the lowest rate less that at the highest
(paper Table 2). Deviations are sample deviations over runs.
"""

from collections.abc import Sequence

import pandas as pd

AVERAGE = "average"
DECLINE = "decline"
RUN = ["method", "fold", "seed"]


def rates_of_ume(scores: pd.DataFrame, train_rate: str) -> pd.DataFrame:
    """Scores of the one model per fold and seed that is tested at every rate (paper, UME)."""
    return scores[scores["train_rate"].isin([train_rate, ""])]


def rates_of_ime(scores: pd.DataFrame) -> pd.DataFrame:
    """Scores of models tested at the rate that they were trained at (paper, IME)."""
    is_number = pd.to_numeric(scores["train_rate"], errors="coerce")
    return scores[(is_number == scores["rate"]) | (scores["train_rate"] == "")]


def run_table(scores: pd.DataFrame, metric: str) -> pd.DataFrame:
    """One row per run, one column per rate (as text, rising), then `average` and `decline`.

    A run that lacks a rate, or whose metric is undefined there, has no average.
    """
    chosen = scores[scores["metric"] == metric]
    if twice := int(chosen.duplicated([*RUN, "rate"]).sum()):
        raise ValueError(f"{metric}: {twice} scores stand twice for their method, fold, seed, rate")
    table = chosen.pivot(index=RUN, columns="rate", values="value").sort_index(axis="columns")
    table.columns = pd.Index([str(rate) for rate in table.columns])
    average = table.mean(axis="columns", skipna=False)
    decline = table.iloc[:, 0] - table.iloc[:, -1] if len(table.columns) else average
    return table.assign(**{AVERAGE: average, DECLINE: decline})


def rates_in(table: pd.DataFrame) -> tuple[str, ...]:
    """The rates that a table of runs holds, rising."""
    return tuple(column for column in table.columns if column not in (AVERAGE, DECLINE))


def runs_of(table: pd.DataFrame, method: str, column: str) -> pd.Series:
    """Values of one method, those that are defined, indexed by (fold, seed)."""
    if method not in table.index.get_level_values("method"):
        return pd.Series(dtype=float)
    values: pd.Series = table.xs(method, level="method")[column]
    return values.dropna()


def best(table: pd.DataFrame, methods: Sequence[str], column: str) -> str:
    """The method with the highest mean, "" if none of them has a value."""
    means = {method: runs_of(table, method, column).mean() for method in methods}
    known = {method: mean for method, mean in means.items() if pd.notna(mean)}
    return max(known, key=known.__getitem__) if known else ""
