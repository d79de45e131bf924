"""The first sentence and table: what a rival would write, means of the scores, their intervals."""

import pandas as pd
import pytest

from pipeline.report.headline import cards, headlines, sentence
from pipeline.report.task_data import TaskResults
from tests.pipeline.report.builds import words_of


def test_the_headline_is_the_mean_of_scores_within_its_interval(two_methods):
    results = two_methods[0].results()
    scores = results.scores[results.scores["metric"] == "weighted_f1"]
    means = scores.groupby(["method", "rate"])["value"].mean()
    low, high, average = headlines(results)
    assert [headline.column for headline in (low, high, average)] == ["0.0", "0.5", "average"]
    assert low.value == pytest.approx(means["iteacnet", 0.0])
    assert high.floor == pytest.approx(means["majority", 0.5])
    assert average.other_value == pytest.approx(means["gcnet"].mean())
    for headline in (low, high, average):
        assert headline.low < headline.value < headline.high
        assert headline.gain_low < headline.gain < headline.gain_high
    said = sentence([low, high, average], results)
    assert f"{100 * average.gain:+.1f} points" in said
    assert f"{100 * high.gain:+.1f} points" in said


def test_the_difference_to_an_equal_method_is_exactly_nothing(two_methods, monkeypatch):
    results = two_methods[0].results()
    twin = results.runs("iteacnet", "ume")
    monkeypatch.setattr(TaskResults, "_runs_of", lambda self, rows, method: twin)
    for headline in headlines(results):
        assert (headline.gain_low, headline.gain_high) == (0, 0)


METHODS = {"iteacnet": {"model": "iteacnet"}, "gcnet": {"model": "gcnet"}}


def with_quality(build, shares):
    """Predictions that are right for a known share of utterances; scores follow."""
    for run in build.plan.runs("t"):
        path = build.root / run.folder / "predictions.csv"
        table = pd.read_csv(path)
        wrong = table["target"].map({"happy": "sad", "sad": "angry", "angry": "happy"})
        is_right = table.index % 10 < 10 * shares[run.method]
        table.assign(predicted=table["target"].where(is_right, wrong)).to_csv(path, index=False)
    build.score()


@pytest.mark.parametrize(
    ("shares", "start"),
    [
        (
            {"iteacnet": 0.5, "gcnet": 0.9},
            "ITEACNet does worse than GCNet, the strongest other method, on average",
        ),
        (
            {"iteacnet": 0.9, "gcnet": 0.5},
            "ITEACNet does better than GCNet, the strongest other method, on average",
        ),
        (
            {"iteacnet": 0.7, "gcnet": 0.7},
            "ITEACNet is not told apart from GCNet, the strongest other method, on average",
        ),
    ],
)
def test_the_first_sentence_says_who_is_ahead(make_build, shares, start):
    build = make_build(methods=METHODS)
    with_quality(build, shares)
    page = build.report()
    assert f"</a>: {start}" in page
    assert "majority class (" not in page  # the floor is not what it is compared with


@pytest.mark.parametrize(
    "order", [("iteacnet", "my_own", "gcnet"), ("gcnet", "iteacnet", "my_own")]
)
def test_a_method_of_somebodys_own_is_compared_with_the_best_other_one(
    make_build, own_method, order
):
    """Whose list a method stands on decides nothing, and neither does its place in the study."""
    models = {"iteacnet": "iteacnet", "gcnet": "gcnet", "my_own": own_method}
    methods = {name: {"model": models[name]} for name in order}
    build = make_build(methods=methods, report={"main": "my_own"})
    with_quality(build, {"iteacnet": 0.9, "gcnet": 0.5, "my_own": 0.7})
    results = build.results()
    average = headlines(results)[-1]
    assert average.other == "iteacnet"
    assert average.gain_high < 0
    assert sentence(headlines(results), results).startswith("my_own does worse than ITEACNet")


def test_a_reference_that_is_named_is_the_one_compared_with(make_build):
    methods = {**METHODS, "ae": {"model": "ae"}}
    build = make_build(methods=methods, report={"reference": "ae"})
    with_quality(build, {"iteacnet": 0.7, "gcnet": 0.9, "ae": 0.5})
    results = build.results()
    assert headlines(results)[-1].other == "ae"
    assert sentence(headlines(results), results).startswith("ITEACNet does better than AE on")


def test_too_few_dialogues_print_no_interval(make_build):
    build = make_build(methods=METHODS, n_dialogues=5)
    page = build.report()
    results = build.results()
    said = sentence(headlines(results), results)
    assert "[" not in said
    assert "5 test dialogues do not tell" in said
    assert "No intervals: 5 test dialogues are too few" in words_of(page)
    assert "[" not in "".join(card.label for card in cards(headlines(results), results))


def test_one_method_and_one_run_are_compared_with_the_floor(make_build):
    build = make_build(methods={"iteacnet": {"model": "iteacnet"}}, seeds=(0,))
    page = build.report()
    assert "points against always naming the majority class" in words_of(page)
    assert "no other method ran" in page
    assert "Difference to it" in page
