"""Plots of numbers: curves over missing rates, pairs of values by group, stacked shares."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from pipeline.report.palettes import FLOOR, HATCHES, PARTS, line_of, style_of
from pipeline.report.svg import HEIGHT, INK, WIDTH, drawing, legend_below, to_svg

Limits = tuple[float, float]


@dataclass(frozen=True)
class Curve:
    """One line of a plot: y and its deviation (0 = none) over x."""

    label: str
    x: Sequence[float]
    y: Sequence[float]
    deviation: Sequence[float]
    hue: int  # number of its colour and marker; -1 = the floor: dashed and grey


def plot_curves(
    curves: Sequence[Curve], x_label: str, y_label: str, limits: Limits | None = None
) -> str:
    """Lines with markers and a band of one deviation; figures of the same limits compare; SVG."""
    with drawing() as (figure, (axes,)):
        for curve in curves:
            if curve.hue < 0:
                axes.plot(curve.x, curve.y, color=FLOOR, linestyle="--", label=curve.label)
                continue

            color, marker = style_of(curve.hue)
            (line,) = axes.plot(curve.x, curve.y, color=color, label=curve.label)
            line.set(marker=marker, markersize=5, linestyle=line_of(curve.hue))
            low = [y - d for y, d in zip(curve.y, curve.deviation, strict=True)]
            high = [y + d for y, d in zip(curve.y, curve.deviation, strict=True)]
            axes.fill_between(curve.x, low, high, color=color, alpha=0.15, linewidth=0)

        axes.set_xlabel(x_label)
        axes.set_ylabel(y_label)
        if limits is not None:
            axes.set_ylim(limits)
        axes.grid(alpha=0.2, color=INK)
        legend_below(figure, axes)
        return to_svg(figure)


def plot_panels(panels: Mapping[str, Sequence[Curve]], x_label: str, y_label: str) -> str:
    """Curves side by side on one scale from 0, with one legend; SVG."""
    with drawing(4.2 * len(panels), HEIGHT + 0.2, len(panels)) as (figure, axes):
        top = max(max(curve.y) for curves in panels.values() for curve in curves)

        for place, (title, curves) in zip(axes, panels.items(), strict=True):
            for curve in curves:
                color, marker = style_of(curve.hue)
                (line,) = place.plot(curve.x, curve.y, color=color, label=curve.label)
                line.set(marker=marker, markersize=4, markevery=3, linestyle=line_of(curve.hue))
            place.set_title(title)
            place.set_xlabel(x_label)
            place.set_ylim(0, 1.05 * top or 1.0)
            place.grid(alpha=0.2, color=INK)

        axes[0].set_ylabel(y_label)
        legend_below(figure, axes[0], 6)
        return to_svg(figure)


@dataclass(frozen=True)
class Pairs:
    """Of each group two values, with least and most missing, and their deviations (0 = none)."""

    label: str
    first: Sequence[float]
    last: Sequence[float]
    first_deviation: Sequence[float]
    last_deviation: Sequence[float]
    hue: int


def plot_pairs(
    groups: Sequence[str], series: Sequence[Pairs], names: tuple[str, str], y_label: str
) -> str:
    """Both values of each group on one axis, joined: the first full, the last hollow; SVG."""
    width = max(WIDTH, 1.2 + 0.16 * len(groups) * (len(series) + 1))
    with drawing(width, HEIGHT + 0.2) as (figure, (axes,)):
        step = 0.84 / max(len(series), 1)
        for index, pairs in enumerate(series):
            places = [g + (index - (len(series) - 1) / 2) * step for g in range(len(groups))]
            _draw_pairs(axes, places, pairs)
        for edge in range(1, len(groups)):
            axes.axvline(edge - 0.5, color=INK, alpha=0.2, linewidth=0.8)

        axes.set_xticks(range(len(groups)), groups)
        axes.set_xlim(-0.5, len(groups) - 0.5)
        axes.set_ylabel(y_label)
        axes.set_ylim(bottom=0)
        axes.grid(axis="y", alpha=0.2, color=INK)
        axes.set_title(f"full: {names[0]}; hollow: {names[1]}", fontsize=9)
        legend_below(figure, axes)
        return to_svg(figure)


def _draw_pairs(axes: Axes, places: Sequence[float], pairs: Pairs) -> None:
    color, marker = style_of(pairs.hue)
    axes.vlines(places, pairs.last, pairs.first, color=color, linewidth=1.2, alpha=0.6)
    ends = (
        (pairs.first, pairs.first_deviation, color, pairs.label),
        (pairs.last, pairs.last_deviation, "none", None),
    )

    for values, deviation, face, label in ends:
        axes.errorbar(
            *(places, values),
            yerr=deviation if any(deviation) else None,
            fmt=marker,
            ms=5,
            color=color,
            markerfacecolor=face,
            elinewidth=0.8,
            label=label,
        )


def plot_stacks(
    categories: Sequence[str],
    series: Mapping[str, Sequence[float]],
    x_label: str,
    colors: Sequence[str],
) -> str:
    """Shares of a whole, stacked to 100 %: one bar per category; SVG."""
    with drawing() as (figure, (axes,)):
        _draw_stacks(axes, categories, series, colors)
        axes.set_xlabel(x_label)
        legend_below(figure, axes, 4)
        return to_svg(figure)


@dataclass(frozen=True)
class Stacks:
    """One panel of stacks: its columns, and of each part its shares."""

    title: str
    x_label: str
    columns: Sequence[str]
    series: Mapping[str, Sequence[float]]


def plot_stack_grid(panels: Sequence[Stacks], n_columns: int) -> str:
    """Panels of the same parts, row by row, with one legend; SVG."""
    n_rows = -(-len(panels) // n_columns)
    with drawing(3.1 * n_columns, 1.9 * n_rows + 0.5, n_columns, n_rows) as (figure, axes):
        for panel, place in zip(panels, axes, strict=True):
            _draw_stacks(place, panel.columns, panel.series, PARTS)
            place.set_xlabel(panel.x_label, fontsize=9)
            place.set_title(panel.title)
        legend_below(figure, axes[0], 4)
        return to_svg(figure)


def _draw_stacks(
    axes: Axes, columns: Sequence[str], series: Mapping[str, Sequence[float]], colors: Sequence[str]
) -> None:
    bottom = [0.0] * len(columns)
    for index, (name, shares) in enumerate(series.items()):
        axes.bar(
            range(len(columns)),
            shares,
            bottom=bottom,
            width=0.8,
            color=colors[index % len(colors)],
            hatch=HATCHES[index % len(HATCHES)],
            edgecolor=(1, 1, 1, 0.7),
            linewidth=0,
            label=name,
        )
        bottom = [low + share for low, share in zip(bottom, shares, strict=True)]
    axes.bar(range(len(columns)), bottom, width=0.8, fill=False, edgecolor=INK, linewidth=0.6)

    axes.set_xticks(range(len(columns)), columns)
    axes.set_ylim(0, 1)
    axes.yaxis.set_major_formatter(lambda share, _: f"{100 * share:.0f} %")
