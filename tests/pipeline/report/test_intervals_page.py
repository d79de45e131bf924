"""Every metric with its interval: the value is the mean of the scores, the interval holds it."""

import pandas as pd
import pytest


@pytest.mark.parametrize("kind", ["classification", "regression", "dimensional"])
def test_every_metric_of_the_scores_stands_in_its_interval(make_build, kind):
    build = make_build(kind=kind)
    build.report()
    table = build.table("t_intervals").set_index(["metric", "rate"])
    scores = pd.read_csv(build.folder / "t" / "scores.csv", dtype={"rate": str})
    own = scores[(scores["method"] == "iteacnet") & ~scores["metric"].str.startswith("f1_")]
    assert set(table.index.get_level_values("metric")) == set(own["metric"])
    for (metric, rate), row in table.iterrows():
        chosen = own[(own["metric"] == metric) & (own["rate"] == str(rate))]["value"]
        assert row["value"] == pytest.approx(chosen.mean())
        assert row["low"] <= row["value"] <= row["high"]
