"""Further metrics of a task, with their conventions in words; F1 of each class at both ends."""

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from pipeline.config.tasks import SIGNS
from pipeline.evaluation.aggregate import AVERAGE, rates_in, run_table, runs_of
from pipeline.report.figures import Pairs, plot_pairs
from pipeline.report.measures import Convention, further
from pipeline.report.method_views import MethodView, in_paper_order
from pipeline.report.task_data import TaskResults
from pipeline.report.views import DRAWN_CLASSES, Cell, FigureView, Part, Row, TableView
from pipeline.report.words import WAYS


def metrics_part(results: TaskResults) -> Part:
    """Everything besides the score of the tables, and F1 by class, under each evaluation."""
    tables: list[TableView] = []
    figures: list[FigureView] = []
    for way in WAYS:
        methods = [method for method in results.methods if way in method.evaluations]
        if methods:
            tables.append(_table(results, way, in_paper_order(methods)))
            figures += _class_figures(results, way, in_paper_order(methods))
    is_drawn = len(results.classes) <= DRAWN_CLASSES
    text = "" if is_drawn else f"F1 of each class: {results.source('scores.csv')}."
    return Part("Further metrics", text, tables, figures)


def _table(results: TaskResults, way: str, methods: Sequence[MethodView]) -> TableView:
    metrics = further(results.task.measured, results.task.main_score)
    scores = results.of_evaluation(way)
    runs = {metric: run_table(scores, metric) for metric in metrics}
    rates = rates_in(next(iter(runs.values())))

    columns = [*dict.fromkeys([rates[0], rates[-1]]), *([AVERAGE] if len(rates) > 1 else [])]
    rows = [
        Row(
            [
                Cell(method.label),
                *(_cell(runs[m], c, method.name, column) for m, c in metrics.items()),
            ],
            method == results.main,
            "Average over rates" if column == AVERAGE else f"Missing rate {column}",
        )
        for column in columns
        for method in (results.floor, *methods)
    ]

    return TableView(
        caption=f"Further metrics under {way.upper()}, in % where not said otherwise",
        columns=["Method", *(convention.label for convention in metrics.values())],
        rows=rows,
        name=f"{results.name}_metrics_{way}",
        note=" ".join(f"{shown.label}: {shown.meaning}." for shown in metrics.values()),
        source=results.source("scores.csv"),
        data=pd.DataFrame(_long_form(results.name, way, runs, (results.floor, *methods))),
    )


def _cell(runs: pd.DataFrame, convention: Convention, method: str, column: str) -> Cell:
    values = runs_of(runs, method, column)
    if values.empty:
        return Cell("-")
    spread = [f"± {convention.text(values.std(ddof=1))}"] if len(values) > 1 else []
    return Cell(convention.text(values.mean()), spread)


def _long_form(
    task: str, way: str, runs: Mapping[str, pd.DataFrame], methods: Sequence[MethodView]
) -> Iterator[dict[str, object]]:
    for metric, table in runs.items():
        for method in methods:
            for column in (*rates_in(table), AVERAGE):
                values = runs_of(table, method.name, column)

                yield {
                    "task": task,
                    "evaluation": way,
                    "method": method.name,
                    "column": column,
                    "metric": metric,
                    "mean": values.mean(),
                    "std": values.std(ddof=1),
                    "n_runs": len(values),
                }


def _class_figures(
    results: TaskResults, way: str, methods: Sequence[MethodView]
) -> Iterator[FigureView]:
    if results.task.measured == "dimensional":
        return
    classes = SIGNS if results.task.measured == "sentiment" else results.classes
    if len(classes) > DRAWN_CLASSES:
        return
    scores = results.of_evaluation(way)
    runs = {name: run_table(scores, f"f1_{name}") for name in classes}
    rates = rates_in(next(iter(runs.values())))
    rows = pd.DataFrame(_long_form(results.name, way, runs, methods))
    rows = rows[rows["method"] != results.floor.name]

    ends = [rates[0], rates[-1]]
    series = [_pairs(results, method, [runs[name] for name in classes], ends) for method in methods]
    said = f"at missing rates {rates[0]} and {rates[-1]}" if len(rates) > 1 else f"at {rates[0]}"
    yield FigureView(
        f"{results.name}_classes_{way}",
        plot_pairs(classes, series, (f"rate {ends[0]}", f"rate {ends[1]}"), "F1 (%)"),
        f"F1 of each class under {way.upper()} {said}; whiskers: one standard deviation over runs",
        results.source("scores.csv"),
        rows[rows["column"].isin(ends)],
    )


def _pairs(
    results: TaskResults, method: MethodView, runs: Sequence[pd.DataFrame], ends: Sequence[str]
) -> Pairs:
    first, last = ([100 * runs_of(table, method.name, rate) for table in runs] for rate in ends)
    return Pairs(
        method.label,
        first=[float(values.mean()) for values in first],
        last=[float(values.mean()) for values in last],
        first_deviation=[_deviation(values) for values in first],
        last_deviation=[_deviation(values) for values in last],
        hue=results.hue(method),
    )


def _deviation(values: pd.Series) -> float:
    return float(values.std(ddof=1)) if len(values) > 1 else 0.0
