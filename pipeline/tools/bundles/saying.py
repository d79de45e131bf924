"""Differences of two methods in one line each, as a terminal shows them."""

import csv
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from pipeline.report.comparison import Difference
from pipeline.report.measures import Measure


def in_words(pair: Difference, measure: Measure) -> str:
    """`mine less gru: +1.2 [-0.3, +2.7], p 0.1 (Holm), 5 runs`."""
    ends = f"{measure.text(pair.low, '+')}, {measure.text(pair.high, '+')}"
    interval = "" if math.isnan(pair.low) else f" [{ends}]"
    tested = f"p {pair.p_holm:.3g} (Holm), {pair.n_runs} runs"
    test = "no test" if math.isnan(pair.p_holm) else tested
    value = measure.text(pair.value, "+")
    return f"{pair.first} less {pair.second}: {value}{interval}, {test}"


def turned(pair: Difference) -> Difference:
    """The same pair the other way round; nothing is 0.0 either way, not -0.0."""
    return replace(
        pair,
        first=pair.second,
        second=pair.first,
        value=0.0 - pair.value,
        low=0.0 - pair.high,
        high=0.0 - pair.low,
    )


def read_matrix(path: Path) -> Iterator[Difference]:
    """Pairs of a table of the matrix, as the report writes it."""
    with path.open(newline="", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            value, low, high, p_holm = (
                float(row[name] or "nan") for name in ("value", "low", "high", "p_holm")
            )
            n_runs = int(row["n_runs"])
            yield Difference(row["first"], row["second"], value, low, high, n_runs, p_holm)
