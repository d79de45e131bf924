"""Plots of numbers: curves over missing rates, grouped bars, stacked shares."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.report.svg import (
    FLOOR,
    HATCHES,
    HEIGHT,
    INK,
    MARKERS,
    PALETTE,
    WIDTH,
    drawing,
    legend_below,
    to_svg,
)


@dataclass(frozen=True)
class Curve:
    """One line of a plot: y and its deviation (0 = none) over x."""

    label: str
    x: Sequence[float]
    y: Sequence[float]
    deviation: Sequence[float]
    hue: int  # number of its colour and marker; -1 = the floor: dashed and grey


def plot_curves(curves: Sequence[Curve], x_label: str, y_label: str) -> str:
    """Lines with markers and a band of one deviation; SVG."""
    with drawing() as (figure, (axes,)):
        for curve in curves:
            if curve.hue < 0:
                axes.plot(curve.x, curve.y, color=FLOOR, linestyle="--", label=curve.label)
                continue

            color = PALETTE[curve.hue % len(PALETTE)]
            marker = MARKERS[curve.hue % len(MARKERS)]
            axes.plot(curve.x, curve.y, color=color, marker=marker, ms=5, label=curve.label)
            low = [y - d for y, d in zip(curve.y, curve.deviation, strict=True)]
            high = [y + d for y, d in zip(curve.y, curve.deviation, strict=True)]
            axes.fill_between(curve.x, low, high, color=color, alpha=0.15, linewidth=0)

        axes.set_xlabel(x_label)
        axes.set_ylabel(y_label)
        axes.grid(alpha=0.2, color=INK)
        legend_below(figure, axes)
        return to_svg(figure)


@dataclass(frozen=True)
class Bars:
    """One bar per group: its height and its deviation (0 = none)."""

    label: str
    values: Sequence[float]
    deviation: Sequence[float]
    hue: int


def plot_bars(groups: Sequence[str], series: Sequence[Bars], y_label: str) -> str:
    """Grouped bars with whiskers; SVG."""
    with drawing() as (figure, (axes,)):
        width = 0.84 / max(len(series), 1)
        for index, bars in enumerate(series):
            places = [g + (index - (len(series) - 1) / 2) * width for g in range(len(groups))]
            axes.bar(
                places,
                bars.values,
                yerr=bars.deviation if any(bars.deviation) else None,
                width=width * 0.92,
                color=PALETTE[bars.hue % len(PALETTE)],
                ecolor=INK,
                error_kw={"elinewidth": 0.8},
                label=bars.label,
            )

        axes.set_xticks(range(len(groups)), groups)
        axes.set_ylabel(y_label)
        axes.set_ylim(bottom=0)
        legend_below(figure, axes)
        return to_svg(figure)


def plot_stacks(
    categories: Sequence[str],
    series: Mapping[str, Sequence[float]],
    x_label: str,
    title: str = "",
    is_small: bool = False,
) -> str:
    """Shares of a whole, stacked to 100 %: one bar per category; SVG."""
    size = (3.6, 2.9) if is_small else (WIDTH, HEIGHT)
    with drawing(*size) as (figure, (axes,)):
        bottom = [0.0] * len(categories)

        for index, (name, shares) in enumerate(series.items()):
            axes.bar(
                range(len(categories)),
                shares,
                bottom=bottom,
                width=0.8,
                color=PALETTE[index % len(PALETTE)],
                hatch=HATCHES[index % len(HATCHES)],
                edgecolor=(1, 1, 1, 0.7),
                linewidth=0,
                label=name,
            )
            bottom = [low + share for low, share in zip(bottom, shares, strict=True)]

        axes.set_xticks(range(len(categories)), categories)
        axes.set_xlabel(x_label)
        axes.set_ylim(0, 1)
        axes.yaxis.set_major_formatter(lambda share, _: f"{100 * share:.0f} %")
        axes.set_title(title)
        legend_below(figure, axes, 2 if is_small else 4)
        return to_svg(figure)
