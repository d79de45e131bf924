"""The reliability diagram: its points are sums over the runs' own counts."""

import json

import pytest
from matplotlib.figure import Figure

from pipeline.evaluation.calibration import FILE
from pipeline.report.reliability_figure import FEW, _draw_points, reliability_figure


@pytest.mark.parametrize("side", ["before", "after"])
def test_points_are_those_of_all_runs_together(two_methods, side):
    build, _ = two_methods
    data = reliability_figure(build.results()).data
    data = data[data["temperature"] == side]
    sums = [[0.0] * 10 for _ in range(3)]
    for path in build.folder.glob(f"t/runs/iteacnet/*/*/{FILE}"):
        bins = json.loads(path.read_text(encoding="utf-8"))["patterns"]["all"][side]
        for total, name in zip(sums, ("n", "confidence", "n_right"), strict=True):
            total[:] = [old + new for old, new in zip(total, bins[name], strict=True)]

    filled = [point for point in zip(*sums, strict=True) if point[0]]
    assert data["n"].tolist() == [n for n, _, _ in filled]
    assert data["confidence"].tolist() == pytest.approx([said / n for n, said, _ in filled])
    assert data["right"].tolist() == pytest.approx([right / n for n, _, right in filled])


def test_counts_stand_in_the_picture(two_methods):
    build, _ = two_methods
    figure = reliability_figure(build.results())
    for count in figure.data["n"]:
        assert f">{count:,}<" in figure.svg


def test_a_share_of_few_labels_stands_alone():
    axes = Figure().subplots()
    _draw_points(axes, [(400, 0.6, 0.61), (FEW, 0.8, 0.83), (FEW - 1, 0.9, 0.4)])
    many, few = axes.lines
    assert (list(many.get_xdata()), list(few.get_xdata())) == ([60, 80], [90])
    assert (many.get_linestyle(), few.get_linestyle()) == ("-", "None")
    assert few.get_markerfacecolor() == "none"


def test_without_probabilities_there_is_no_diagram(make_build):
    assert reliability_figure(make_build(kind="dimensional").results()) is None
