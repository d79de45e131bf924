"""SVG as text: ids of one picture are no other's."""

import re

import pytest

from pipeline.report.figures import Curve, plot_curves
from pipeline.report.svg import drawing, legend_below, with_own_ids


def test_ids_of_two_pictures_never_meet_and_references_follow():
    svg = plot_curves([Curve("a", [0.0, 0.7], [70.0, 60.0], [1.0, 0.0], 0)], "rate", "F1")
    ids = set(re.findall(r'\bid="([^"]+)"', with_own_ids(svg, "one")))
    assert ids
    assert not ids & set(re.findall(r'\bid="([^"]+)"', with_own_ids(svg, "two")))
    used = set(re.findall(r'(?:url\(#|href="#)([^")]+)', with_own_ids(svg, "one")))
    assert used
    assert used <= ids


@pytest.mark.parametrize(("n", "letters"), [(4, 8), (16, 34), (7, 14), (3, 200)])
def test_a_legend_lies_inside_its_figure_and_leaves_room_for_the_curves(n, letters):
    """Truth: where matplotlib itself puts both, in points."""
    labels = [f"{number} {'committee ' * 30}"[:letters] for number in range(n)]
    with drawing() as (figure, (axes,)):
        for label in labels:
            axes.plot([0, 1], [0, 1], label=label)
        legend_below(figure, axes)
        figure.draw_without_rendering()
        width = figure.get_figwidth() * figure.dpi
        (legend,) = figure.legends
        extent = legend.get_window_extent()
        assert extent.x0 >= -1
        assert extent.x1 <= width + 1
        assert axes.get_window_extent().height >= 1.5 * figure.dpi
