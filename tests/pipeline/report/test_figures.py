"""Figures: well-formed, themeable, the same bytes every time."""

import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from pipeline.report.figures import (
    Curve,
    Pairs,
    Stacks,
    plot_curves,
    plot_pairs,
    plot_stack_grid,
    plot_stacks,
)
from pipeline.report.maps import DialogueAxis, attention_scale, plot_dialogue_map, plot_matrix
from pipeline.report.palettes import PARTS
from pipeline.report.svg import INK

HOSTILE = r"a <b> & c $\frac{ $ $x_1$"
SHARES = {HOSTILE: [0.25, 0.5], "b": [0.75, 0.5]}
AXIS = DialogueAxis(["F", "M", "F"], ["happy", "sad", "sad"], ("happy", "sad"))


def curves():
    lines = [Curve(HOSTILE, [0.0, 0.7], [70.0, 60.0], [1.0, 0.0], 0)]
    return plot_curves([*lines, Curve("floor", [0.0, 0.7], [30.0, 30.0], [0, 0], -1)], "rate", "F1")


DRAWN = {
    "curves": curves,
    "pairs": lambda: plot_pairs(
        ["g1", HOSTILE], [Pairs("s", [1, 2], [0, 1], [0.1, 0.2], [0, 0], 0)], ("0.0", "0.7"), "y"
    ),
    "stacks": lambda: plot_stacks(["0", "1"], SHARES, "x", PARTS),
    "grid": lambda: plot_stack_grid([Stacks("text", "layer", ["0", "1"], SHARES)] * 2, 2),
    "map": lambda: plot_dialogue_map(np.eye(3), AXIS, HOSTILE, attention_scale([np.eye(3)])),
    "matrix": lambda: plot_matrix([[1, 0], [0.5, 0.5]], [["1", "0"], ["2", "2"]], [HOSTILE, "b"]),
}


def words(svg):
    return " ".join(ElementTree.fromstring(svg).itertext())


@pytest.mark.parametrize("name", DRAWN)
def test_svg_is_well_formed_and_hostile_labels_stay_text(name):
    svg = DRAWN[name]()
    assert HOSTILE in words(svg)
    tags = {node.tag.rpartition("}")[2] for node in ElementTree.fromstring(svg).iter()}
    assert not tags & {"script", "foreignObject", "b"}


@pytest.mark.parametrize("name", DRAWN)
def test_text_takes_the_colour_of_the_page_and_nothing_is_fetched(name):
    svg = DRAWN[name]()
    assert "currentColor" in svg
    assert INK not in svg
    links = re.findall(r'href="([^"]{0,12})', svg)
    assert all(link.startswith(("#", "data:image/")) for link in links)


@pytest.mark.parametrize("name", DRAWN)
def test_the_same_figure_has_the_same_bytes(name):
    assert DRAWN[name]() == DRAWN[name]()
