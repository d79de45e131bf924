"""Bootstrap over dialogues: equals a naive loop over draws; scikit-learn scores each draw."""

import tracemalloc

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import f1_score

from pipeline.config.tasks import ScoredTask
from pipeline.evaluation import bootstrap
from pipeline.evaluation.bootstrap import (
    MIN_DIALOGUES,
    RunPredictions,
    count_dialogues,
    drawn_scores,
    interval,
    resamples,
)

CLASSES = ("a", "b", "c")
TASK = ScoredTask(classes=CLASSES)


def some_run(fold, seed, n_dialogues=6):
    rng = np.random.default_rng([fold, seed])
    names = [f"f{fold}d{d}" for d in range(n_dialogues) for _ in range(3 + d)]
    target, predicted = rng.choice(CLASSES, len(names)), rng.choice(CLASSES, len(names))
    frame = {"dialogue_id": names, "target": target, "predicted": predicted}
    return RunPredictions(fold, pd.DataFrame(frame))


def naive(runs, pools, n_draws):
    """Repeat rows as often as their dialogue was drawn, and let scikit-learn score them.

    `pools`: the folds whose dialogues are drawn together.
    """
    draws = []
    for number in range(n_draws):
        values = []
        for pool in pools:
            own = [run for run in runs if run.fold in pool]
            names = sorted({name for run in own for name in run.predictions["dialogue_id"]})
            (whole,) = resamples(len(names), min(pool), n_draws, n_draws)
            times = dict(zip(names, whole[number], strict=True))
            for run in own:
                frame = run.predictions
                rows = frame.loc[frame.index.repeat(frame["dialogue_id"].map(times))]
                told = rows["target"], rows["predicted"]
                values.append(f1_score(*told, average="weighted", zero_division=0))
        draws.append(np.mean(values))

    return np.array(draws)


def test_dialogues_that_every_fold_tests_are_drawn_once_for_all():
    """As where another corpus is tested: draws of each fold for itself would even out."""
    runs = [RunPredictions(fold, some_run(7, fold).predictions) for fold in range(2)]
    drawn = drawn_scores(runs, TASK, n_draws=8)
    np.testing.assert_allclose(drawn, naive(runs, [{0, 1}], 8), rtol=1e-12)


def test_draws_are_from_the_dialogues_of_all_folds_where_these_share_none():
    runs = [some_run(fold, seed) for fold in range(2) for seed in range(2)]
    drawn = drawn_scores(runs, TASK, n_draws=8)
    np.testing.assert_allclose(drawn, naive(runs, [{0, 1}], 8), rtol=1e-12)


def test_folds_that_share_some_dialogues_are_drawn_from_one_by_one():
    runs = [some_run(0, seed) for seed in range(2)]
    fewer = [some_run(0, seed, n_dialogues=5).predictions for seed in range(2)]
    runs += [RunPredictions(1, predictions) for predictions in fewer]
    drawn = drawn_scores(runs, TASK, n_draws=8)
    np.testing.assert_allclose(drawn, naive(runs, [{0}, {1}], 8), rtol=1e-12)


def test_a_dialogue_in_each_fold_still_has_a_spread():
    """Drawn within its fold, each would come once in every draw: an interval of no width."""
    runs = [some_run(fold, 0, n_dialogues=1) for fold in range(12)]
    low, high = interval(drawn_scores(runs, TASK), count_dialogues(runs))
    assert high - low > 0.05


def test_too_few_dialogues_have_no_interval():
    runs = [some_run(fold, 0, n_dialogues=1) for fold in range(MIN_DIALOGUES - 1)]
    ends = interval(drawn_scores(runs, TASK), count_dialogues(runs))
    assert np.isnan(ends).all()


def test_sentiment_is_drawn_by_sign_without_zeros():
    target = [2.0, 0.0, -1.0, -3.0]
    frame = pd.DataFrame({"dialogue_id": ["d"] * 4, "target": target, "predicted": [0.5, 9, 1, -1]})
    drawn = drawn_scores([RunPredictions(0, frame)], ScoredTask(kind="regression"), n_draws=3)
    expected = f1_score([True, False, False], [True, True, False], average="weighted")
    np.testing.assert_allclose(drawn, expected)


def test_whole_dialogues_are_drawn_never_single_utterances():
    names = ["x"] * 50 + ["y"] * 50
    frame = pd.DataFrame(
        {"dialogue_id": names, "target": "a", "predicted": ["a"] * 50 + ["b"] * 50}
    )
    drawn = drawn_scores([RunPredictions(0, frame)], TASK)
    # Two dialogues: all right, all wrong, or one of each. Nothing in between.
    assert set(np.round(drawn, 9)) == {0.0, 1.0, round(2 / 3, 9)}
    assert interval(drawn, MIN_DIALOGUES) == (0.0, 1.0)


def test_seeds_of_a_fold_meet_the_same_draws_and_so_do_methods():
    first = drawn_scores([some_run(1, 0)], TASK)
    again = drawn_scores([some_run(1, 0)], TASK)
    assert np.array_equal(first, again)
    low, high = interval(first, MIN_DIALOGUES)
    assert low < first.mean() < high


def test_draws_do_not_depend_on_the_pieces_that_memory_allows(monkeypatch):
    runs = [some_run(fold, seed) for fold in range(2) for seed in range(2)]
    whole = drawn_scores(runs, TASK, n_draws=50)
    monkeypatch.setattr(bootstrap, "MAX_CELLS", 70)
    assert np.array_equal(drawn_scores(runs, TASK, n_draws=50), whole)


@pytest.mark.parametrize(("n_classes", "n_dialogues"), [(1000, 40), (3, 20_000), (1000, 20_000)])
def test_memory_is_bounded_for_many_classes_and_many_dialogues(n_classes, n_dialogues):
    classes = [f"c{number}" for number in range(n_classes)]
    rng = np.random.default_rng(0)
    frame = {
        "dialogue_id": [f"d{number}" for number in range(n_dialogues)] * 2,
        "target": rng.choice(classes, 2 * n_dialogues),
        "predicted": rng.choice(classes, 2 * n_dialogues),
    }
    tracemalloc.start()
    run = RunPredictions(0, pd.DataFrame(frame))
    drawn = drawn_scores([run], ScoredTask(classes=tuple(classes)), n_draws=400)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert drawn.shape == (400,)
    assert peak < 250e6  # bytes; 1,000 classes took 8 MB a draw


def test_an_interval_leaves_out_draws_without_a_score():
    draws = np.append(np.linspace(0, 1, 101), np.nan)
    assert interval(draws, MIN_DIALOGUES) == pytest.approx((0.025, 0.975))


def test_draws_that_say_nothing_have_no_interval():
    assert np.isnan(interval(np.full(5, np.nan), 100)).all()
