"""Scores over folds and seeds: mean, standard deviation, number of runs.

The mean is over all runs (folds x seeds); the deviation is the sample deviation over the same
runs. "Average" is the plain mean over missing rates of a run, taken before the mean over runs.
"""

import pandas as pd

AVERAGE = "average"
RUN = ["task", "method", "train_rate", "fold", "seed"]


def rates_of_ume(scores: pd.DataFrame, train_rate: str) -> pd.DataFrame:
    """Scores of the one model per fold and seed that is tested at every rate (PAPER, UME)."""
    return scores[scores["train_rate"].isin([train_rate, ""])]


def rates_of_ime(scores: pd.DataFrame) -> pd.DataFrame:
    """Scores of models tested at the rate that they were trained at (PAPER, IME)."""
    is_number = pd.to_numeric(scores["train_rate"], errors="coerce")
    return scores[(is_number == scores["rate"]) | (scores["train_rate"] == "")]


def summarize(scores: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Mean, std and n per task, method and rate, with rows for the average over rates.

    Columns: task, method, rate (text, `average` for the mean over rates), mean, std, n.
    """
    chosen = scores[scores["metric"] == metric]
    per_rate = chosen.assign(rate=chosen["rate"].map(str))
    group = ["task", "method", "fold", "seed"]
    average = chosen.groupby(group, as_index=False)["value"].mean().assign(rate=AVERAGE)
    values = pd.concat([per_rate[[*group, "rate", "value"]], average], ignore_index=True)
    table = values.groupby(["task", "method", "rate"], sort=False)["value"]
    summary: pd.DataFrame = table.agg(mean="mean", std="std", n="count").reset_index()
    return summary
