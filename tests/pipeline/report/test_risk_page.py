"""Risk against coverage on the page: curves of the runs that lie there."""

import pandas as pd
import pytest

from pipeline.report.risk_page import risk_part


def test_the_last_point_is_the_share_of_errors(two_methods):
    build, _ = two_methods
    (figure,) = risk_part(build.results()).figures
    last = figure.data[(figure.data["coverage"] == 1) & (figure.data["rate"] == "0.5")]
    for row in last.itertuples():
        path = build.folder / f"t/runs/{row.method}/0.5/fold{row.fold}_seed{row.seed}"
        table = pd.read_csv(path / "predictions.csv", dtype={"rate": str})
        table = table[table["rate"] == "0.5"]
        assert row.risk == pytest.approx((table["target"] != table["predicted"]).mean())
    assert len(last) == 2 * 2 * 2  # methods, folds, seeds


def test_sentiment_is_right_by_its_side(make_build):
    build = make_build(kind="regression", seeds=(0,))
    data = risk_part(build.results()).figures[0].data
    path = build.folder / "t/runs/iteacnet/0.5/fold0_seed0/predictions.csv"
    table = pd.read_csv(path, dtype={"rate": str})
    table = table[(table["rate"] == "0.0") & (table["target"] != 0)]
    wrong = ((table["target"] > 0) != (table["predicted"] > 0)).mean()
    own = data[(data["method"] == "iteacnet") & (data["fold"] == 0) & (data["rate"] == "0.0")]
    assert own[own["coverage"] == 1]["risk"].item() == pytest.approx(wrong)


def test_values_on_a_scale_are_neither_right_nor_wrong(make_build):
    assert not risk_part(make_build(kind="dimensional").results()).figures
