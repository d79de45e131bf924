"""Figures: well-formed, themeable, the same bytes every time."""

import xml.etree.ElementTree as ElementTree

from pipeline.report.figures import Curve, plot_bars, plot_curves, plot_heatmap

CURVES = [Curve("a <b> & c", [0.0, 0.7], [70.0, 60.0], [1.0, 0.0])]


def test_svg_is_well_formed_and_hostile_labels_stay_text():
    svg = plot_curves(CURVES, "missing rate", "weighted F1")
    root = ElementTree.fromstring(svg)
    assert "a <b> & c" in "".join(root.itertext())
    assert not [node for node in root.iter() if node.tag.endswith("script")]


def test_text_takes_the_colour_of_the_page():
    svg = plot_curves(CURVES, "x", "y")
    assert "currentColor" in svg
    assert "#010203" not in svg


def test_the_same_figure_has_the_same_bytes():
    assert plot_curves(CURVES, "x", "y") == plot_curves(CURVES, "x", "y")
    values = [[0.0, 1.0], [0.5, 0.2]]
    assert plot_heatmap(values, "ab", "cd") == plot_heatmap(values, "ab", "cd")


def test_bars_name_every_group_and_series():
    text = "".join(ElementTree.fromstring(plot_bars(["g1", "g2"], {"s": [1, 2]}, "y")).itertext())
    assert all(name in text for name in ("g1", "g2", "s", "y"))
