"""Every metric of the main method with its 95 % interval: whole dialogues are drawn."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass

import pandas as pd

from pipeline.evaluation.aggregate import rates_in, run_table, runs_of
from pipeline.evaluation.bootstrap import N_DRAWS, drawn_metrics, interval
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
    main = results.methods[0]
    conventions = shown_metrics(results.task.measured, results.task.main_score)
    measured = list(_measured(results))
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
        note=f"{N_DRAWS} bootstrap draws of whole dialogues within each fold, all seeds of a "
        "dialogue together.",
        source=results.source("runs/*/*/*/predictions.csv"),
        data=pd.DataFrame(map(asdict, measured)),
    )
    return Part("Intervals of all metrics", tables=[table], is_folded=True)


def _bounded(convention: Convention, found: Bounded) -> Cell:
    low, high = convention.text(found.low), convention.text(found.high)
    return Cell(convention.text(found.value), [f"[{low}, {high}]"])


def _measured(results: TaskResults) -> Iterator[Bounded]:
    main, task = results.methods[0], results.task
    way = results.evaluation_of(main)
    scores = results.of_evaluation(way)
    names = list(shown_metrics(task.measured, task.main_score))
    rates = rates_in(run_table(scores, task.main_score))

    for rate in dict.fromkeys([rates[0], rates[-1]]):
        drawn = drawn_metrics(results.predictions(main.name, way, rate), task, names)
        for name in names:
            low, high = interval(drawn[name])
            value = float(runs_of(run_table(scores, name), main.name, rate).mean())
            yield Bounded(main.name, rate, name, value, low, high)
