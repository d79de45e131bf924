"""Plots of matrices: attention and ECCE maps of a dialogue (paper Figure 4), confusions.

Shapes: T utterances of the dialogue. Darker = higher, as in the paper.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.patches import Patch
from numpy.typing import NDArray

from pipeline.report.svg import INK, PALETTE, drawing, to_svg

SPEAKERS = ("#c9d3dc", "#4b5863", "#8fb0a0", "#6f5a7e", "#b9a27c", "#9c4a4a")
N_LABELLED = 26  # up to so many utterances, each has its words on the axis
COLORS: Any = "Blues"


@dataclass(frozen=True)
class DialogueAxis:
    """Who speaks and what the gold label is, utterance by utterance (T)."""

    speakers: Sequence[str]
    golds: Sequence[str]
    classes: Sequence[str]  # () for regression: golds are distances to the middle of the scale
    reach: float = 3.0  # regression: the distance whose colour is full

    def words(self) -> list[str]:
        """One tick label per utterance: number, speaker, gold."""
        return [
            " ".join(filter(None, (str(turn), speaker, gold)))
            for turn, (speaker, gold) in enumerate(
                zip(self.speakers, self.golds, strict=True), start=1
            )
        ]

    def gold_colors(self) -> list[tuple[float, float, float]]:
        """A hue per class; for numbers from red (-reach) over grey to green (+reach)."""
        if self.classes:
            return [to_rgb(PALETTE[self.classes.index(gold) % len(PALETTE)]) for gold in self.golds]
        return [_color_of(float(gold) / self.reach) for gold in self.golds]

    def speaker_colors(self) -> list[tuple[float, float, float]]:
        """A shade per speaker, by first appearance."""
        names = list(dict.fromkeys(self.speakers))
        return [to_rgb(SPEAKERS[names.index(name) % len(SPEAKERS)]) for name in self.speakers]

    def legend(self) -> list[Patch]:
        """What the strips' colours mean."""
        golds = list(zip(self.golds, self.gold_colors(), strict=True))
        if self.classes:
            order = dict(golds)
            patches = [Patch(color=order[c], label=c) for c in self.classes if c in order]
        else:
            patches = [
                Patch(
                    color=_color_of(share),
                    label=f"gold {share * self.reach:+g}" if share else "gold 0",
                )
                for share in (-1.0, 0.0, 1.0)
            ]

        speakers = dict(zip(self.speakers, self.speaker_colors(), strict=True))
        named = {name: color for name, color in speakers.items() if name}

        return patches + [Patch(color=color, label=name) for name, color in named.items()]


def plot_dialogue_map(values: NDArray[np.floating], axis: DialogueAxis, title: str) -> str:
    """A (T, T) map with strips of gold labels and speakers on both axes; SVG."""
    with drawing(4.3, 4.9) as (figure, (axes,)):
        n = len(values)
        axes.imshow(values, cmap=COLORS, interpolation="none", extent=(0, n, n, 0))
        _strips(axes, axis, n)

        axes.set_xlim(-0.12 * n, n)
        axes.set_ylim(n, -0.12 * n)
        axes.set_aspect("equal")
        axes.spines[:].set_visible(False)
        _ticks(axes, axis, n)

        low, high = float(np.min(values)), float(np.max(values))
        axes.set_title(title, pad=4)
        axes.set_xlabel(f"light {low:.3g}, dark {high:.3g}", fontsize=9)
        figure.legend(
            handles=axis.legend(), loc="outside lower center", ncols=4, fontsize=8, handlelength=1
        )
        return to_svg(figure)


def plot_matrix(
    shares: Sequence[Sequence[float]], texts: Sequence[Sequence[str]], names: Sequence[str]
) -> str:
    """A confusion matrix: rows are targets, a number in each cell; SVG."""
    side = 1.6 + 0.62 * len(names)
    with drawing(side + 0.5, side) as (figure, (axes,)):
        axes.imshow(shares, cmap=COLORS, vmin=0, vmax=1, interpolation="none")
        for row, column in np.ndindex(len(names), len(names)):
            color = "#ffffff" if shares[row][column] > 0.68 else "#16202a"
            axes.text(
                column, row, texts[row][column], ha="center", va="center", color=color, fontsize=9
            )
        axes.set_xticks(range(len(names)), names, rotation=30, ha="right")
        axes.set_yticks(range(len(names)), names)
        axes.set_xlabel("predicted")
        axes.set_ylabel("target")
        return to_svg(figure)


def _strips(axes: Axes, axis: DialogueAxis, n: int) -> None:
    """Gold labels next to the map, speakers outside of them; the same on both axes."""
    width = 0.05 * n
    for place, colors in ((1, axis.gold_colors()), (2, axis.speaker_colors())):
        low, high = -place * 1.2 * width, -place * 1.2 * width + width
        strip = np.array([colors])
        axes.imshow(strip, interpolation="none", extent=(0, n, high, low))
        axes.imshow(strip.transpose(1, 0, 2), interpolation="none", extent=(low, high, n, 0))


def _ticks(axes: Axes, axis: DialogueAxis, n: int) -> None:
    if n <= N_LABELLED:
        places, words = [i + 0.5 for i in range(n)], axis.words()
        axes.set_yticks(places, words, fontsize=6)
        axes.set_xticks(places, words, fontsize=6, rotation=90)
    else:
        step = 5 if n <= 60 else 10
        turns = [1, *range(step, n + 1, step)]
        axes.set_yticks([turn - 0.5 for turn in turns], [str(turn) for turn in turns], fontsize=7)
        axes.set_xticks([turn - 0.5 for turn in turns], [str(turn) for turn in turns], fontsize=7)
    axes.tick_params(length=0, colors=INK)


def _color_of(share: float) -> tuple[float, float, float]:
    share = max(-1.0, min(1.0, share))
    end = to_rgb("#2f9e5b" if share > 0 else "#c8384a")
    grey = to_rgb("#c4c9ce")
    red, green, blue = (g + (e - g) * abs(share) for g, e in zip(grey, end, strict=True))
    return red, green, blue
