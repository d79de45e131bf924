"""Every metric of the main method with its 95 % interval: whole dialogues are drawn."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from pipeline.evaluation.aggregate import rates_in, run_table, runs_of
from pipeline.evaluation.bootstrap import count_dialogues, drawn_metrics, interval
from pipeline.report.comparison import said_of_intervals
from pipeline.report.measures import Convention, shown_metrics
from pipeline.report.task_data import TaskResults
from pipeline.report.views import Cell, Part, Row, TableView


@dataclass(frozen=True)
class Bounded:
    """A metric of a method at a rate, and the ends of its interval."""

    method: str
    rate: str
    metric: str
    value: float
    low: float
    high: float


def intervals_part(results: TaskResults) -> Part:
    """The main method at the lowest and the highest rate."""
    main = results.main
    conventions = shown_metrics(results.task.measured, results.task.main_score)
    measured = list(_measured(results))
    n_dialogues = results.n_dialogues(main.name, results.evaluation_of(main), measured[0].rate)
    rows = [
        Row(
            [Cell(conventions[found.metric].label), _bounded(conventions[found.metric], found)],
            group=f"Missing rate {found.rate}",
        )
        for found in measured
    ]

    table = TableView(
        caption=f"{main.label}: every metric with its 95 % interval",
        columns=["Metric", "value"],
        rows=rows,
        name=f"{results.name}_intervals",
        note=said_of_intervals(n_dialogues),
        source=results.source("runs/*/*/*/predictions.csv"),
        data=pd.DataFrame(map(asdict, measured)),
    )
    return Part("Intervals of all metrics", tables=[table], is_folded=True)


def _bounded(convention: Convention, found: Bounded) -> Cell:
    value, low, high = map(convention.text, (found.value, found.low, found.high))
    return Cell(value, [] if np.isnan(found.low) else [f"[{low}, {high}]"])


def _measured(results: TaskResults) -> Iterator[Bounded]:
    main, task = results.main, results.task
    way = results.evaluation_of(main)
    scores = results.of_evaluation(way)
    names = list(shown_metrics(task.measured, task.main_score))
    rates = rates_in(run_table(scores, task.main_score))

    for rate in dict.fromkeys([rates[0], rates[-1]]):
        runs = results.predictions(main.name, way, rate)
        drawn = drawn_metrics(runs, task, names)
        for name in names:
            low, high = interval(drawn[name], count_dialogues(runs))
            value = float(runs_of(run_table(scores, name), main.name, rate).mean())
            yield Bounded(main.name, rate, name, value, low, high)
