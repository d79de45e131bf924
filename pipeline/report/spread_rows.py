"""Rows of methods whose cells are means over runs, with their spread."""

from collections.abc import Sequence

import pandas as pd

from pipeline.report.measures import Measure
from pipeline.report.method_views import MethodView
from pipeline.report.task_data import TaskResults
from pipeline.report.views import Cell, Row


def spread_rows(
    results: TaskResults,
    methods: Sequence[MethodView],
    data: pd.DataFrame,
    names: Sequence[str],
    *,
    by: str,
    digits: int = 1,
) -> list[Row]:
    """A row for each method, a cell for each of `names`, which stand in the column `by`.

    `data` holds one number of one run per row: method, value, and `by`.
    """
    groups = dict(tuple(data.dropna(subset="value").groupby(["method", by])["value"]))

    rows = []
    for method in methods:
        found = (groups.get((method.name, name)) for name in names)
        cells = [_cell(results.measure, values, digits) for values in found]
        rows.append(Row([Cell(method.label), *cells], method == results.main))
    return rows


def _cell(measure: Measure, values: pd.Series | None, digits: int) -> Cell:
    if values is None:
        return Cell("-")
    spread = [f"± {measure.text(values.std(ddof=1), digits=digits)}"] if len(values) > 1 else []
    return Cell(measure.text(values.mean(), digits=digits), spread)
