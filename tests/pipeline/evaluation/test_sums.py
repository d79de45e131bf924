"""Metrics out of sums equal the metrics of the utterances, for every kind of task."""

import numpy as np
import pandas as pd
import pytest

from pipeline.config.tasks import ScoredTask
from pipeline.evaluation.bootstrap import RunPredictions, drawn_metrics, resamples
from pipeline.evaluation.scoring import metrics_of
from pipeline.evaluation.sums import metrics_of_sums, sums_by_dialogue

CLASSES = ("a", "b", "c")
TASKS = {
    "classes": ScoredTask(classes=CLASSES, score="macro_f1"),
    "sentiment": ScoredTask(kind="regression"),
    "dimensional": ScoredTask(kind="regression", metrics="dimensional"),
}


def some_predictions(kind):
    rng = np.random.default_rng(3)
    names = [f"d{d}" for d in range(5) for _ in range(4 + d)]
    if kind == "classes":
        target, told = rng.choice(CLASSES, len(names)), rng.choice(CLASSES, len(names))
    else:
        target = rng.integers(-3, 4, len(names)).astype(float)
        told = target / 2 + rng.normal(0.5, 1, len(names))
    return pd.DataFrame({"dialogue_id": names, "target": target, "predicted": told})


@pytest.mark.parametrize("kind", TASKS)
def test_the_sums_of_all_dialogues_give_every_metric(kind):
    frame, task = some_predictions(kind), TASKS[kind]
    sums = sums_by_dialogue(frame, sorted(set(frame["dialogue_id"])), task)
    expected = metrics_of(frame["target"].tolist(), frame["predicted"].tolist(), task)
    found = {name: float(of(sums.sum(axis=0))) for name, of in metrics_of_sums(task).items()}
    assert set(found) == {name for name in expected if name not in f1_of(expected)}
    for name, value in found.items():
        assert value == pytest.approx(expected[name], rel=1e-10), name


def f1_of(metrics):
    """Metrics of single classes, of which no interval is drawn."""
    return [name for name in metrics if name.startswith("f1_")]


@pytest.mark.parametrize("kind", TASKS)
def test_each_draw_is_the_metric_of_the_dialogues_that_it_drew(kind):
    frame, task = some_predictions(kind), TASKS[kind]
    names = list(metrics_of_sums(task))
    drawn = drawn_metrics([RunPredictions(0, frame)], task, names, n_draws=5)
    dialogues = sorted(set(frame["dialogue_id"]))
    (times,) = resamples(len(dialogues), 0, 5, 5)
    for number in range(5):
        often = frame["dialogue_id"].map(dict(zip(dialogues, times[number], strict=True)))
        rows = frame.loc[frame.index.repeat(often)]
        expected = metrics_of(rows["target"].tolist(), rows["predicted"].tolist(), task)
        for name in names:
            assert drawn[name][number] == pytest.approx(expected[name], rel=1e-9), name


def test_constant_predictions_have_no_correlation_in_any_draw():
    frame = some_predictions("dimensional").assign(predicted=0.1)
    run = RunPredictions(0, frame)
    drawn = drawn_metrics([run], TASKS["dimensional"], ["correlation", "ccc"], n_draws=20)
    assert np.isnan(drawn["correlation"]).all()
    assert (drawn["ccc"] == 0).all()
