"""Further metrics of each kind of task, and F1 of its classes."""

import pandas as pd
import pytest

from tests.pipeline.report.builds import words_of
from tests.pipeline.report.task_artefacts import CLASSES


def test_classes_stand_in_the_order_of_the_configuration(two_methods):
    build, _ = two_methods
    assert list(CLASSES) != sorted(CLASSES)
    f1 = pd.read_csv(build.folder / "report/figures/t_classes_ume.csv")
    assert list(dict.fromkeys(f1["metric"])) == list(CLASSES)
    assert set(f1["column"]) == {0.0, 0.5}  # both rates on one axis


def test_sentiment_has_metrics_of_its_own_with_their_conventions(make_build):
    build = make_build(kind="regression")
    page = build.report()
    metrics = set(build.table("t_metrics_ume")["metric"])
    assert {"mean_absolute_error", "correlation", "seven_class_accuracy"} <= metrics
    assert "utterances of target 0 left out" in words_of(page)


def test_a_number_is_the_mean_of_its_scores(two_methods):
    build, _ = two_methods
    table = build.table("t_metrics_ume").set_index(["method", "column", "metric"])
    scores = pd.read_csv(build.folder / "t" / "scores.csv")
    own = scores[(scores["method"] == "gcnet") & (scores["metric"] == "unweighted_accuracy")]
    chosen = own[own["rate"] == 0.5]["value"]
    row = table.loc[("gcnet", "0.5", "unweighted_accuracy")]
    assert (row["mean"], row["n_runs"]) == (pytest.approx(chosen.mean()), len(chosen))
    assert row["std"] == pytest.approx(chosen.std(ddof=1))
