"""The reliability diagram: how often labels of a confidence are right, before and after.

Counts are those of calibration.json, all runs of a method and all conditions together.
"""

from collections.abc import Iterator, Sequence
from functools import reduce
from operator import add

import pandas as pd
from matplotlib.axes import Axes

from pipeline.evaluation.calibration import FILE
from pipeline.evaluation.reliability import N_BINS, Bins
from pipeline.evaluation.temperature import POOLED
from pipeline.report.palettes import AMOUNTS, METHODS
from pipeline.report.svg import INK, drawing, to_svg
from pipeline.report.task_data import TaskResults
from pipeline.report.views import FigureView

FEW = 20  # labels of a confidence, of which a share tells little


def reliability_figure(results: TaskResults) -> FigureView | None:
    """Of the main method; None where its probabilities were never judged."""
    way = results.evaluation_of(results.main)
    judged = [
        found.patterns[POOLED]
        for run in results.runs(results.main.name, way)
        if (found := run.calibration()) and POOLED in found.patterns
    ]
    if not judged:
        return None

    sides = {
        "before": reduce(add, (found.before for found in judged)),
        "after": reduce(add, (found.after for found in judged)),
    }
    return FigureView(
        f"{results.name}_reliability",
        plot_reliability(sides),
        f"Reliability of {results.main.label}, before and after its temperatures: points are "
        "shares of right labels among those of a confidence, on the dashed line if it can be "
        f"taken at its word, hollow where there are fewer than {FEW}; bars say how many there are",
        results.source(f"runs/{results.main.name}/*/*/{FILE}"),
        pd.DataFrame(row for side, bins in sides.items() for row in _long_form(side, bins)),
    )


def plot_reliability(sides: dict[str, Bins]) -> str:
    """Panels of points with bars of counts, side by side; SVG."""
    with drawing(6.4, 3.3, n_columns=len(sides)) as (figure, panels):
        most = max(count for bins in sides.values() for count in bins.n)

        for axes, (side, bins) in zip(panels, sides.items(), strict=True):
            _draw_counts(axes, bins.n, most)
            axes.plot([0, 100], [0, 100], color=INK, linestyle="--", linewidth=0.8, alpha=0.6)
            _draw_points(axes, list(_points(bins)))
            axes.set_xlim(0, 100)
            axes.set_ylim(0, 100)
            axes.set_aspect("equal")
            axes.set_xlabel("confidence (%)")
            axes.set_title(f"{side}: ECE {100 * bins.ece:.1f}")

        panels[0].set_ylabel("right (%)")
        return to_svg(figure)


def _draw_points(axes: Axes, points: Sequence[tuple[int, float, float]]) -> None:
    """A line through those of many labels; those of few stand alone, hollow."""
    many = [point for point in points if point[0] >= FEW]
    few = [point for point in points if point[0] < FEW]
    for chosen, line, fill in ((many, "-", METHODS[0]), (few, "", "none")):
        x, y = ([100 * point[place] for point in chosen] for place in (1, 2))
        axes.plot(x, y, color=METHODS[0], marker="o", ms=5, linestyle=line, markerfacecolor=fill)


def _draw_counts(axes: Axes, counts: Sequence[int], most: int) -> None:
    """Bars from below, at most a quarter as high as the picture, each with its number."""
    width = 100 / N_BINS
    for place, count in enumerate(counts):
        height = 25 * count / max(most, 1)
        middle = (place + 0.5) * width
        axes.bar(middle, height, width * 0.9, color=AMOUNTS[1], alpha=0.45, linewidth=0)
        if count:
            axes.text(middle, height + 0.5, f"{count:,}", ha="center", va="bottom", fontsize=6)


def _points(bins: Bins) -> Iterator[tuple[int, float, float]]:
    """Of each bin that has rows: how many, mean confidence, share of right ones."""
    for n, confidence, n_right in zip(bins.n, bins.confidence, bins.n_right, strict=True):
        if n:
            yield n, confidence / n, n_right / n


def _long_form(side: str, bins: Bins) -> Iterator[dict[str, object]]:
    for n, confidence, right in _points(bins):
        yield {"temperature": side, "n": n, "confidence": confidence, "right": right}
