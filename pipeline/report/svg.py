"""SVG as text: the same bytes every time, readable on dark and light pages.

Lines, ticks and text take the page's own colour (`currentColor`), the rest the hues of `palettes`.
"""

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from textwrap import fill
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

INK = "#010203"  # stands for the page's text colour; no figure uses it otherwise
WIDTH, HEIGHT = 5.0, 3.2  # inches; SVG scales, so these set the size of the text
# Inches of a legend in 9 points: a letter on average, a line with the gaps beside it, a row.
LETTER, BESIDE, ROW = 0.07, 0.42, 0.19
FREE_ROWS = 2  # of a legend, for which a figure has room
MAX_LETTERS = 60  # of a label's line
STYLE: Any = {
    "svg.hashsalt": "report",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 10,
    "text.parse_math": False,  # a speaker may be called "$1"
    "axes.titlesize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
    "legend.handlelength": 1.6,
    "legend.columnspacing": 1.2,
    "hatch.linewidth": 0.6,
}


@contextmanager
def drawing(
    width: float = WIDTH, height: float = HEIGHT, n_columns: int = 1, n_rows: int = 1
) -> Iterator[tuple[Figure, list[Axes]]]:
    """A figure without background, in the page's style; its axes row by row."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        figure.patch.set_alpha(0)
        axes: list[Axes] = list(figure.subplots(n_rows, n_columns, squeeze=False).flat)
        for panel in axes:
            panel.patch.set_alpha(0)
        yield figure, axes


def legend_below(figure: Figure, axes: Axes, n_columns: int = 0) -> None:
    """One legend under everything, so that it hides no line; four abreast if that is all.

    Fewer abreast where labels are long; a figure grows with the rows of its legend.
    """
    handles, labels = axes.get_legend_handles_labels()
    if handles:
        wanted = n_columns or (4 if len(labels) == 4 else 3)
        labels = [fill(label, MAX_LETTERS) for label in labels]
        n_columns = _that_fit(labels, wanted, figure.get_figwidth())
        n_lines = max(label.count("\n") + 1 for label in labels)
        n_rows = n_lines * -(-len(labels) // n_columns)
        figure.set_figheight(figure.get_figheight() + ROW * max(0, n_rows - FREE_ROWS))
        figure.legend(handles, labels, loc="outside lower center", ncols=n_columns, fontsize=9)


def _that_fit(labels: Sequence[str], wanted: int, width: float) -> int:
    """How many columns of a legend are no wider than its figure, at most `wanted`."""
    for n_columns in range(wanted, 1, -1):
        n_rows = -(-len(labels) // n_columns)
        columns = [labels[start : start + n_rows] for start in range(0, len(labels), n_rows)]
        if sum(BESIDE + LETTER * max(map(len, column)) for column in columns) <= width:
            return n_columns
    return 1


def to_svg(figure: Figure) -> str:
    """The figure as an <svg> element; call it inside `drawing`."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    return text[text.index("<svg") :].replace(INK, "currentColor")


def with_own_ids(svg: str, prefix: str) -> str:
    """The same picture with ids that no other picture of the page has."""
    return re.sub(r'(\bid="|url\(#|href="#)', lambda match: f"{match.group(1)}{prefix}-", svg)
