"""Training curves: loss and score per epoch, a figure per method and training rate.

Loss and score have different scales, so each has axes of its own; every run is a thin line.
"""

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, NullFormatter

from pipeline.report.measures import Measure
from pipeline.report.method_views import MethodView
from pipeline.report.palettes import METHODS, PARTS
from pipeline.report.svg import INK, drawing, to_svg
from pipeline.report.task_data import RunFiles, TaskResults
from pipeline.report.views import FigureView, Part
from pipeline.report.words import said_of_training

LOSS, SCORE = "loss", "validation"


def training_part(results: TaskResults) -> Part:
    """One figure per method: at its unified rate, or at the lowest and highest of its own."""
    figures = []
    for method in results.methods:
        by_rate: dict[str, list[RunFiles]] = {}
        for run in results.runs(method.name, results.evaluation_of(method)):
            by_rate.setdefault(run.train_rate, []).append(run)
        rates = list(by_rate)
        shown = dict.fromkeys([rates[0], rates[-1]]) if rates else ()
        figures += [_figure(results, method, rate, by_rate[rate]) for rate in shown]

    text = (
        "Left: the training loss and, dotted, its parts (mean over runs). Right: "
        f"{results.measure.label} of the role that epochs are selected on. Thin lines are runs, "
        "dots the selected epochs."
    )
    return Part("Training curves", text, figures=figures, is_folded=True)


def _figure(
    results: TaskResults, method: MethodView, rate: str, runs: Sequence[RunFiles]
) -> FigureView:
    histories = [_history(run) for run in runs]
    pooled = pd.concat(histories, ignore_index=True)
    with drawing(6.0, 3.0, n_columns=2) as (figure, (losses, scores)):
        _plot_losses(losses, histories, pooled)
        _plot_scores(
            scores, results.measure, histories, [int(run.facts()["best_epoch"]) for run in runs]
        )
        svg = to_svg(figure)
    counted = f"{len(runs)} runs" if len(runs) > 1 else "one run"

    return FigureView(
        f"{results.name}_training_{method.name}_{rate}",
        svg,
        f"{method.label}, trained {said_of_training(rate)}: {counted}",
        results.source(f"runs/{method.name}/{rate}/*/history.csv"),
        pooled,
    )


def _history(run: RunFiles) -> pd.DataFrame:
    """The last phase of a run: the one that epochs are selected from."""
    table = pd.read_csv(run.folder / "history.csv")
    last = table[table["phase"] == table["phase"].iloc[-1]]
    history: pd.DataFrame = last.assign(run=run.folder.name)
    return history


def _plot_losses(axes: Axes, histories: Sequence[pd.DataFrame], pooled: pd.DataFrame) -> None:
    for history in histories:
        axes.plot(history["epoch"], history[LOSS], color=METHODS[0], alpha=0.35, linewidth=0.8)

    mean = pooled.groupby("epoch").mean(numeric_only=True)
    axes.plot(mean.index, mean[LOSS], color=METHODS[0], label="loss")
    parts = [c for c in mean.columns if c.startswith("loss_") and mean[c].notna().any()]
    for index, part in enumerate(parts):
        name = part.removeprefix("loss_").replace("_", " ")
        color = PARTS[index % len(PARTS)]
        axes.plot(mean.index, mean[part], linestyle=":", color=color, label=name)

    if _spans_decades(mean[[LOSS, *parts]]):
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter("{x:g}")  # the usual one writes formulas
        axes.yaxis.set_minor_formatter(NullFormatter())

    axes.set_title("loss")
    _finish(axes)
    axes.legend(fontsize=8)


def _plot_scores(
    axes: Axes, measure: Measure, histories: Sequence[pd.DataFrame], best: Sequence[int]
) -> None:
    for history, epoch in zip(histories, best, strict=True):
        score = measure.scale * history[SCORE]
        axes.plot(history["epoch"], score, color=METHODS[0], alpha=0.5, linewidth=0.9)
        chosen = history["epoch"] == epoch
        axes.plot(history["epoch"][chosen], score[chosen], "o", color=METHODS[0], ms=5)
    axes.set_title(measure.axis)
    _finish(axes)


def _finish(axes: Axes) -> None:
    axes.set_xlabel("epoch")
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    axes.grid(alpha=0.2, color=INK)


def _spans_decades(losses: pd.DataFrame) -> bool:
    values = losses.to_numpy(dtype=float)
    return bool(values.min() > 0 and values.max() > 100 * values.min())
