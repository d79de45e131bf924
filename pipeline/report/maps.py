"""Plots of matrices: attention and ECCE maps of a dialogue (paper Figure 4), confusions.

The scale of a map is said by a bar of colours and begins where the numbers do: attention at 0, so
that uniform attention is one flat tone; a bias has 0 in its middle.

Shapes: T utterances of the dialogue.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap, Normalize, to_rgb
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Patch
from numpy.typing import NDArray

from pipeline.report.palettes import ABOVE, BELOW, CLASSES, MIDDLE
from pipeline.report.svg import INK, drawing, to_svg

SPEAKERS = ("#c9d3dc", "#4b5863", "#8fb0a0", "#6f5a7e", "#b9a27c", "#5f4a3a")
N_LABELLED = 26  # up to so many utterances, each has its words on the axis
COLORS: Any = "Blues"
OUTSIDE = "#9aa3ab"  # cells that a map has no value of its own for
LEAST_PEAK = 3  # attention: a scale reaches this many times the uniform weight, or further
LEAST_BIAS = 0.1  # a bias below it changes a weight by a tenth at most
DIVERGING: Any = LinearSegmentedColormap.from_list("bias", (BELOW, "#f4f4f4", ABOVE))

Maps = Sequence[NDArray[np.floating]]


@dataclass(frozen=True)
class Scale:
    """Ends of a map's colours, and a value that the bar names."""

    low: float
    high: float
    colors: str | Colormap
    mark: float
    mark_name: str
    name: str


def attention_scale(maps: Maps) -> Scale:
    """From 0 to the highest weight of (T, T) maps, one for all of them."""
    uniform = 1 / len(maps[0])
    high = max(LEAST_PEAK * uniform, *(float(np.max(found)) for found in maps))
    return Scale(0.0, min(high, 1.0), COLORS, uniform, "uniform", "attention weight")


def bias_scale(maps: Maps, outside: NDArray[np.bool_]) -> Scale:
    """As far below 0 as above it, by the cells that are not outside; one for all (T, T) maps."""
    reach = max(LEAST_BIAS, *(float(np.max(np.abs(found[~outside]))) for found in maps))
    return Scale(-reach, reach, DIVERGING, 0.0, "0", "bias of attention (before softmax)")


@dataclass(frozen=True)
class DialogueAxis:
    """Who speaks and what the gold label is, utterance by utterance (T)."""

    speakers: Sequence[str]
    golds: Sequence[str]
    classes: Sequence[str]  # () for regression: golds are distances to the middle of the scale
    reach: float = 1.0  # regression: the distance whose colour is full

    def words(self) -> list[str]:
        """One tick label per utterance: number, speaker, gold."""
        return [
            " ".join(filter(None, (str(turn), speaker, gold)))
            for turn, (speaker, gold) in enumerate(
                zip(self.speakers, self.golds, strict=True), start=1
            )
        ]

    def gold_colors(self) -> list[tuple[float, float, float]]:
        """A hue per class; for numbers from orange (-reach) over grey to blue (+reach)."""
        if self.classes:
            return [to_rgb(CLASSES[self.classes.index(gold) % len(CLASSES)]) for gold in self.golds]
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


def plot_dialogue_map(
    values: NDArray[np.floating],
    axis: DialogueAxis,
    title: str,
    scale: Scale,
    outside: NDArray[np.bool_] | None = None,
) -> str:
    """A (T, T) map with strips of gold labels and speakers on both axes; SVG.

    `outside` (T, T): cells that hold a constant and no value of their own.
    """
    with drawing(4.3, 5.1) as (figure, (axes,)):
        n = len(values)
        shown = np.ma.masked_array(values, False if outside is None else outside)
        span = Normalize(scale.low, scale.high)
        colors = mpl.colormaps.get_cmap(scale.colors).with_extremes(bad=OUTSIDE)
        image = axes.imshow(
            shown, cmap=colors, interpolation="none", extent=(0, n, n, 0), norm=span
        )
        _strips(axes, axis, n)

        axes.set_xlim(-0.12 * n, n)
        axes.set_ylim(n, -0.12 * n)
        axes.set_aspect("equal")
        axes.spines[:].set_visible(False)
        _ticks(axes, axis, n)
        axes.set_title(title, pad=4)
        _bar(figure, axes, image, scale)

        legend = axis.legend()
        if outside is not None and outside.any():
            constant = float(values[outside][0])
            legend.append(Patch(color=OUTSIDE, label=f"outside the band: {constant:.2g}"))
        figure.legend(
            handles=legend, loc="outside lower center", ncols=4, fontsize=8, handlelength=1
        )
        return to_svg(figure)


def _bar(figure: Figure, axes: Axes, image: AxesImage, scale: Scale) -> None:
    """The bar of colours, with its ends and the value that it names."""
    bar = figure.colorbar(image, ax=axes, orientation="horizontal", shrink=0.8, aspect=30, pad=0.02)
    assert bar.solids is not None
    bar.solids.set_rasterized(True)  # one picture, not a path for each tone
    ticks = [scale.low, scale.mark, scale.high]
    named = scale.mark_name if scale.mark == 0 else f"{scale.mark_name} {scale.mark:.3g}"
    bar.set_ticks(ticks, labels=[f"{scale.low:.3g}", named, f"{scale.high:.3g}"], fontsize=8)
    bar.set_label(scale.name, fontsize=8)
    bar.outline.set_visible(False)


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
    end, grey = to_rgb(ABOVE if share > 0 else BELOW), to_rgb(MIDDLE)
    red, green, blue = (g + (e - g) * abs(share) for g, e in zip(grey, end, strict=True))
    return red, green, blue
