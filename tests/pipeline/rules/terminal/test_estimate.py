"""Time left, against arithmetic by hand."""

from collections import Counter

import pytest

from pipeline.rules.terminal.estimate import Estimate, earlier_seconds


def test_time_left_is_the_work_that_is_known_over_the_jobs_at_once():
    estimate = Estimate({"train": 100.0})
    estimate.finished("train", 40.0)
    estimate.finished("train", 20.0)  # now measured: 30 on average
    waiting = Counter(train=4, all=1)
    # 4 x 30 waiting; one that has run for 10 of 30; one that says 50 itself: 190 by two
    running = [("train", 10.0, None), ("train", 10.0, 50.0)]
    assert estimate.left(waiting, running, 2.0) == (pytest.approx(95.0), True)


def test_a_rule_that_never_ran_makes_it_a_lower_bound():
    assert Estimate({"score": 2.0}).left(Counter(score=1, train=9), [], 0.3) == (2.0, False)
    assert Estimate().left(Counter(), [("train", 5.0, 7.0)], 1.0) == (7.0, True)
    assert Estimate().left(Counter(), [("train", 5.0, None)], 1.0) == (0.0, False)


def test_benchmarks_of_an_earlier_run_are_means_per_rule(tmp_path):
    for name, seconds in {
        "train_a_0.7_fold0_seed0": "4.0",
        "train_b": "2.0",
        "predict_a": "-",
    }.items():
        (tmp_path / f"{name}.tsv").write_text(f"s\th:m:s\n{seconds}\t0:00:04\n")
    (tmp_path / "score.tsv").write_text("")
    assert earlier_seconds(tmp_path, ["train", "predict", "score"]) == {"train": 3.0}
