"""The first sentence and table: means of the scores, intervals around them, differences."""

import pytest

from pipeline.report.headline import headlines, sentence
from pipeline.report.task_data import TaskResults


def test_the_headline_is_the_mean_of_scores_within_its_interval(two_methods):
    results = two_methods[0].results()
    scores = results.scores[results.scores["metric"] == "weighted_f1"]
    means = scores.groupby(["method", "rate"])["value"].mean()
    low, high, average = headlines(results)
    assert [headline.column for headline in (low, high, average)] == ["0.0", "0.5", "average"]
    assert low.value == pytest.approx(means["iteacnet", 0.0])
    assert high.floor == pytest.approx(means["majority", 0.5])
    assert average.baseline_value == pytest.approx(means["gcnet"].mean())
    for headline in (low, high, average):
        assert headline.low < headline.value < headline.high
        assert headline.gain_low < headline.value - headline.baseline_value < headline.gain_high
    said = sentence([low, high, average], results)
    assert f"{100 * (high.value - high.floor):+.1f} points" in said


def test_the_difference_to_an_equal_baseline_is_exactly_nothing(two_methods, monkeypatch):
    results = two_methods[0].results()
    twin = results.runs("iteacnet", "ume")
    monkeypatch.setattr(TaskResults, "runs", lambda self, method, way: twin)
    for headline in headlines(results):
        assert (headline.gain_low, headline.gain_high) == (0, 0)


def test_one_method_and_one_run_need_no_baseline(make_build):
    build = make_build(methods={"iteacnet": {"model": "iteacnet"}}, seeds=(0,))
    page = build.report()
    assert "points against always naming the majority class" in page
    assert "Difference to" not in page
