"""Weighted F1 against missing rate, in one figure per table."""

import pandas as pd
import pytest


def test_a_curve_is_the_row_of_its_table_without_the_average(study):
    build, _ = study
    for number in (2, 3, 4):
        curves = pd.read_csv(build.folder / f"report/figures/t_curves_table{number}.csv")
        table = build.table(f"table{number}")
        shown = table[table["column"].isin(["0.0", "0.5"])]
        assert len(curves) == len(shown)
        assert curves["mean"].to_numpy() == pytest.approx(shown["mean"].to_numpy())


def test_one_rate_is_no_curve(make_build):
    build = make_build(methods={"gcnet": {"model": "gcnet"}}, seeds=(0,), protocol={"rates": [0.5]})
    build.report()
    assert not [name for name in build.reported("figures") if "curves" in name]
