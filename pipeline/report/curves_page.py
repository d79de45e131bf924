"""The score against missing rate, all methods of a table in one figure."""

import math
from collections.abc import Iterable, Mapping

from pipeline.evaluation.aggregate import AVERAGE, DECLINE
from pipeline.report.figures import Curve, Limits, plot_curves
from pipeline.report.method_views import FLOORS_SAID, MethodView
from pipeline.report.results import ResultBlock
from pipeline.report.task_data import TaskResults
from pipeline.report.views import FigureView, Part

TITLES = {
    "4": "UME: one model, tested at every missing rate",
    "3": "IME: a model per missing rate",
    "2": "Training frameworks, under IME",
}


def curves_part(results: TaskResults, blocks: Mapping[str, ResultBlock]) -> Part:
    """A figure for each of Tables 2 to 4 that has more than one rate."""
    drawn = {n: blocks[n] for n in TITLES if n in blocks and len(blocks[n].columns) > 1}
    limits = _limits(drawn.values())
    figures = [_figure(results, found, TITLES[n], limits) for n, found in drawn.items()]
    text = f"Bands: one standard deviation over runs. Dashed: {FLOORS_SAID[results.floor.name]}."
    if len(figures) > 1:
        text += " All have one scale."
    label = results.measure.label
    return Part(f"{label[:1].upper()}{label[1:]} against missing rate", text, figures=figures)


def _limits(blocks: Iterable[ResultBlock]) -> Limits | None:
    """Ends of an axis that holds every curve with its band."""
    ends = [
        block.measure.scale * (result.mean + sign * (result.std if result.n > 1 else 0.0))
        for block in blocks
        for (_, column), result in block.results.items()
        if column not in (AVERAGE, DECLINE) and not math.isnan(result.mean)
        for sign in (-1, 1)
    ]
    if not ends:
        return None
    margin = 0.05 * (max(ends) - min(ends)) or 1.0
    return min(ends) - margin, max(ends) + margin


def _figure(
    results: TaskResults, block: ResultBlock, title: str, limits: Limits | None
) -> FigureView:
    rates = [column for column in block.columns if column not in (AVERAGE, DECLINE)]
    curves = [_curve(block, method, rates, results.hue(method)) for method in block.methods]
    data = block.long_form()
    return FigureView(
        f"{results.name}_curves_table{block.table}",
        plot_curves(curves, "missing rate", results.measure.axis, limits),
        f"{title} (Table {block.table})",
        results.source("scores.csv"),
        data[data["column"].isin(rates)],
    )


def _curve(block: ResultBlock, method: MethodView, rates: list[str], hue: int) -> Curve:
    found = [block.results[method.name, rate] for rate in rates]
    scale = block.measure.scale
    return Curve(
        method.label,
        [float(rate) for rate in rates],
        [scale * result.mean for result in found],
        [scale * result.std if result.n > 1 else 0.0 for result in found],
        hue,
    )
