"""Figures: well-formed, themeable, the same bytes every time."""

import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from pipeline.report.figures import Bars, Curve, plot_bars, plot_curves, plot_stacks
from pipeline.report.maps import N_LABELLED, DialogueAxis, plot_dialogue_map, plot_matrix
from pipeline.report.svg import INK, with_own_ids

HOSTILE = r"a <b> & c $\frac{ $ $x_1$"
AXIS = DialogueAxis(["F", "M", "F"], ["happy", "sad", "sad"], ("happy", "sad"))


def curves():
    lines = [Curve(HOSTILE, [0.0, 0.7], [70.0, 60.0], [1.0, 0.0], 0)]
    return plot_curves([*lines, Curve("floor", [0.0, 0.7], [30.0, 30.0], [0, 0], -1)], "rate", "F1")


DRAWN = {
    "curves": curves,
    "bars": lambda: plot_bars(["g1", HOSTILE], [Bars("s", [1, 2], [0.1, 0.2], 0)], "y"),
    "stacks": lambda: plot_stacks(["0", "1"], {HOSTILE: [0.25, 0.5], "b": [0.75, 0.5]}, "x"),
    "map": lambda: plot_dialogue_map(np.eye(3), AXIS, HOSTILE),
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


def test_ids_of_two_pictures_never_meet_and_references_follow():
    svg = curves()
    ids = set(re.findall(r'\bid="([^"]+)"', with_own_ids(svg, "one")))
    assert ids
    assert not ids & set(re.findall(r'\bid="([^"]+)"', with_own_ids(svg, "two")))
    used = set(re.findall(r'(?:url\(#|href="#)([^")]+)', with_own_ids(svg, "one")))
    assert used
    assert used <= ids


def test_a_short_dialogue_names_every_utterance_a_long_one_counts_them():
    assert "2 M sad" in words(plot_dialogue_map(np.eye(3), AXIS, ""))
    n = N_LABELLED + 4
    axis = DialogueAxis(["F"] * n, ["happy"] * n, ("happy",))
    text = words(plot_dialogue_map(np.eye(n), axis, ""))
    assert "1 F happy" not in text
    assert f"{n}" in text
    assert "happy" in text  # in the legend


def test_sentiment_is_coloured_by_sign_and_strength():
    axis = DialogueAxis([""] * 3, ["-3.0", "0.0", "+3.0"], ())
    red, grey, green = axis.gold_colors()
    assert red[0] > red[1]
    assert green[1] > green[0]
    assert max(grey) - min(grey) < 0.1
    assert axis.words() == ["1 -3.0", "2 0.0", "3 +3.0"]
    assert [patch.get_label() for patch in axis.legend()] == ["gold -3", "gold 0", "gold +3"]
