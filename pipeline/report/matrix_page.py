"""The matrix of a task: every method less every other, ours and others' alike."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict

import numpy as np
import pandas as pd

from pipeline.base.wording import counted
from pipeline.evaluation.aggregate import AVERAGE, rates_in, run_table, runs_of
from pipeline.report.comparison import Difference, differences, said_of_intervals
from pipeline.report.measures import Measure
from pipeline.report.method_views import MethodView
from pipeline.report.task_data import TaskResults
from pipeline.report.views import Cell, Part, Row, TableView
from pipeline.report.words import WAYS

Pairs = Mapping[tuple[str, str], Difference]


def matrix_part(results: TaskResults) -> Part:
    """A table for each evaluation under which two methods or more were tested."""
    tables = []
    for way in WAYS:
        methods = [method for method in results.methods if way in method.evaluations]
        if len(methods) > 1:
            tables.append(_matrix(results, way, methods))
    return Part("Every method against every other", tables=tables)


def _matrix(results: TaskResults, way: str, methods: Sequence[MethodView]) -> TableView:
    runs = run_table(results.of_evaluation(way), results.measure.metric)
    means = {m.name: float(runs_of(runs, m.name, AVERAGE).mean()) for m in methods}
    ranked = sorted(methods, key=lambda method: -np.nan_to_num(means[method.name], nan=-1.0))
    found = {(pair.first, pair.second): pair for pair in differences(results, way, ranked)}
    measure = results.measure

    rows = [
        Row(
            [
                Cell(method.label),
                Cell(measure.text(means[method.name])),
                *(_cell(measure, found, method, other) for other in ranked),
            ],
            method == results.main,
        )
        for method in ranked
    ]
    data = pd.DataFrame(map(asdict, found.values()))
    return TableView(
        caption=f"Differences under {way.upper()}, row less column, on average over missing rates. "
        f"{measure.caption()}.",
        columns=["Method", measure.short, *(f"less {method.label}" for method in ranked)],
        rows=rows,
        name=f"{results.name}_matrix_{way}",
        note=" ".join(_notes(results, way, list(found.values()), methods[0].name)),
        source=results.source("runs/*/*/*/predictions.csv"),
        data=data.assign(task=results.name, evaluation=way, metric=measure.metric),
    )


def _cell(measure: Measure, found: Pairs, row: MethodView, column: MethodView) -> Cell:
    """Row less column; the pair is kept once, the better one first."""
    if row == column:
        return Cell("")
    sign, pair = 1.0, found.get((row.name, column.name))
    if pair is None:
        sign, pair = -1.0, found[column.name, row.name]
    low, high = sorted((sign * pair.low, sign * pair.high))
    stars = "**" if pair.p_holm < 0.01 else "*" if pair.p_holm < 0.05 else ""
    ends = [] if np.isnan(low) else [f"[{measure.text(low, '+')}, {measure.text(high, '+')}]"]
    text = f"{measure.text(sign * pair.value, '+')}{stars}"
    return Cell(text, ends, is_best=sign * pair.value > 0 and pair.is_told)


def _notes(
    results: TaskResults, way: str, found: Sequence[Difference], method: str
) -> Iterator[str]:
    rates = rates_in(run_table(results.of_evaluation(way), results.measure.metric))
    yield said_of_intervals(results.n_dialogues(method, way, rates[0]))
    yield "Bold: better, the interval leaves 0 out."
    if max(pair.n_runs for pair in found) < 2:
        yield "One run each: no test."
        return
    yield (
        f"* p < .05, ** p < .01: resampled t-test over {max(pair.n_runs for pair in found)} runs, "
        f"corrected for training sets that overlap (Nadeau and Bengio 2003), Holm-corrected over "
        f"{counted(len(found), 'pair')}."
    )
