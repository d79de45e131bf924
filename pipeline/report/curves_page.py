"""The score against missing rate, all methods of a table in one figure."""

from collections.abc import Mapping

from pipeline.evaluation.aggregate import AVERAGE, DECLINE
from pipeline.report.figures import Curve, plot_curves
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
    figures = [
        _figure(results, blocks[number], title)
        for number, title in TITLES.items()
        if number in blocks and len(blocks[number].columns) > 1
    ]
    text = f"Bands: one standard deviation over runs. Dashed: {FLOORS_SAID[results.floor.name]}."
    label = results.measure.label
    return Part(f"{label[:1].upper()}{label[1:]} against missing rate", text, figures=figures)


def _figure(results: TaskResults, block: ResultBlock, title: str) -> FigureView:
    rates = [column for column in block.columns if column not in (AVERAGE, DECLINE)]
    curves = [_curve(block, method, rates, results.hue(method)) for method in block.methods]
    data = block.long_form()
    return FigureView(
        f"{results.name}_curves_table{block.table}",
        plot_curves(curves, "missing rate", results.measure.axis),
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
