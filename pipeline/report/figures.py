"""Figures as SVG text: the same bytes every time, readable on dark and light pages.

Lines, ticks and text take the page's own colour (`currentColor`); curves take hues of one
palette, in a fixed order, with a marker each so that colour is never the only difference.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

INK = "#010203"  # stands for the page's text colour; no figure uses it otherwise
PALETTE = ("#d1495b", "#1f78b4", "#3a9d5d", "#b8860b", "#8e5bb5", "#008c95", "#888888")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
STYLE: Any = {
    "svg.hashsalt": "report",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}


@dataclass(frozen=True)
class Curve:
    """One line of a plot: y and its deviation (0 = none) over x."""

    label: str
    x: Sequence[float]
    y: Sequence[float]
    deviation: Sequence[float]


def plot_curves(curves: Sequence[Curve], x_label: str, y_label: str) -> str:
    """Lines with markers and a band of one deviation; SVG."""
    with mpl.rc_context(STYLE):
        figure, axes = _figure()
        for index, curve in enumerate(curves):
            color, marker = PALETTE[index % 7], MARKERS[index % 7]
            axes.plot(curve.x, curve.y, color=color, marker=marker, ms=5, label=curve.label)
            low = [y - d for y, d in zip(curve.y, curve.deviation, strict=True)]
            high = [y + d for y, d in zip(curve.y, curve.deviation, strict=True)]
            axes.fill_between(curve.x, low, high, color=color, alpha=0.15, linewidth=0)
        axes.set_xlabel(x_label)
        axes.set_ylabel(y_label)
        axes.grid(alpha=0.2, color=INK)
        axes.legend(frameon=False, ncols=2)
        return _to_svg(figure)


def plot_history(history: pd.DataFrame, columns: Mapping[str, str], best_epoch: int) -> str:
    """Training curves of one run: a line per column (column -> label); SVG."""
    with mpl.rc_context(STYLE):
        figure, axes = _figure()
        for index, (column, name) in enumerate(columns.items()):
            values = history[column].tolist()
            axes.plot(history["epoch"].tolist(), values, color=PALETTE[index % 7], label=name)
        axes.axvline(best_epoch, color=INK, linewidth=0.8, linestyle=":")
        axes.set_xlabel("epoch (dotted: the selected one)")
        axes.grid(alpha=0.2, color=INK)
        axes.legend(frameon=False, ncols=2)
        return _to_svg(figure)


def plot_bars(groups: Sequence[str], series: Mapping[str, Sequence[float]], y_label: str) -> str:
    """Grouped bars: one group per x, one bar per series; SVG."""
    with mpl.rc_context(STYLE):
        figure, axes = _figure()
        width = 0.8 / max(len(series), 1)
        for index, (name, values) in enumerate(series.items()):
            places = [g + (index - (len(series) - 1) / 2) * width for g in range(len(groups))]
            axes.bar(places, values, width=width * 0.92, color=PALETTE[index % 7], label=name)
        axes.set_xticks(range(len(groups)), groups)
        axes.set_ylabel(y_label)
        axes.legend(frameon=False, ncols=3)
        return _to_svg(figure)


def plot_heatmap(
    values: Sequence[Sequence[float]], rows: Sequence[str], columns: Sequence[str]
) -> str:
    """A matrix as shades, darker = higher, ticks on both axes; SVG."""
    with mpl.rc_context(STYLE):
        figure, axes = _figure(5.2, 4.6)
        image = axes.imshow(values, cmap="Blues", aspect="auto", interpolation="nearest")
        axes.set_xticks(range(len(columns)), columns, rotation=90, fontsize=6)
        axes.set_yticks(range(len(rows)), rows, fontsize=6)
        bar = figure.colorbar(image, ax=axes, fraction=0.04)
        bar.ax.tick_params(labelsize=7)
        return _to_svg(figure)


def _figure(width: float = 6.4, height: float = 3.6) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height), layout="constrained")
    figure.patch.set_alpha(0)
    axes: Axes = figure.add_subplot()
    axes.patch.set_alpha(0)
    return figure, axes


def _to_svg(figure: Figure) -> str:
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    return text[text.index("<svg") :].replace(INK, "currentColor")
