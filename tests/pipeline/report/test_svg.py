"""SVG as text: ids of one picture are no other's."""

import re

from pipeline.report.figures import Curve, plot_curves
from pipeline.report.svg import with_own_ids


def test_ids_of_two_pictures_never_meet_and_references_follow():
    svg = plot_curves([Curve("a", [0.0, 0.7], [70.0, 60.0], [1.0, 0.0], 0)], "rate", "F1")
    ids = set(re.findall(r'\bid="([^"]+)"', with_own_ids(svg, "one")))
    assert ids
    assert not ids & set(re.findall(r'\bid="([^"]+)"', with_own_ids(svg, "two")))
    used = set(re.findall(r'(?:url\(#|href="#)([^")]+)', with_own_ids(svg, "one")))
    assert used
    assert used <= ids
