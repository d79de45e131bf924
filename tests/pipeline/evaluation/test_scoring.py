"""Predictions to scores, and the majority floor."""

import math

import pytest
from sklearn.metrics import f1_score

from pipeline.base.records import Label, RecordError, SplitRow
from pipeline.config.tasks import MAJORITY, TRAINING_MEAN, ScoredTask
from pipeline.evaluation.scores import Score
from pipeline.evaluation.scoring import (
    floor_rows,
    labels_of_roles,
    metrics_of,
    read_predictions,
    score_run,
)

RUN = {
    "task": "t",
    "method": "m",
    "fold": 1,
    "seed": 3,
    "train_rate": "0.7",
    "selection": "validation",
}

AB = ScoredTask(classes=("a", "b"))


def test_a_run_is_scored_at_each_of_its_rates(tmp_path):
    path = tmp_path / "predictions.csv"
    path.write_text(
        "rate,utterance_id,dialogue_id,target,predicted,score_a,score_b\n"
        "0.7,NA,d,a,b,0,1\n0.7,u2,d,b,b,0,1\n0.0,NA,d,a,a,1,0\n0.0,u2,d,b,b,0,1\n"
        "only:audio,NA,d,a,b,0,1\nonly:audio,u2,d,b,a,1,0\n"
    )
    predictions = read_predictions(path, "classification")
    assert predictions["utterance_id"].tolist()[0] == "NA"  # an id, not a missing value
    scores = {(s.rate, s.metric): s.value for s in score_run(predictions, RUN, AB)}
    assert scores["0.0", "weighted_f1"] == 1.0
    assert scores["0.7", "accuracy"] == 0.5
    assert scores["0.7", "f1_a"] == 0.0
    assert scores["only:audio", "accuracy"] == 0.0
    assert list(dict.fromkeys(rate for rate, _ in scores)) == ["0.0", "0.7", "only:audio"]


def test_the_majority_comes_from_training_labels_alone():
    labels = [
        Label("u1", "a"),
        Label("u2", "a"),
        Label("u3", "b"),
        Label("u4", "b"),
        Label("u5", "b"),
    ]
    splits = [SplitRow("d1", 0, "train"), SplitRow("d2", 0, "test"), SplitRow("d2", 1, "train")]
    dialogue_of = {"u1": "d1", "u2": "d1", "u3": "d2", "u4": "d2", "u5": "d2"}
    roles = labels_of_roles(0, labels, splits, dialogue_of)
    rows = floor_rows("t", 0, roles, AB, ["0.0", "0.7"])
    assert {row.method for row in rows} == {MAJORITY}
    assert {row.value for row in rows if row.metric == "accuracy"} == {0.0}
    assert {row.rate for row in rows} == {"0.0", "0.7"}


def test_the_majority_of_sentiment_is_a_sign():
    roles = {"train": ["2.0", "-1.0", "1.0", "0.0"], "validation": [], "test": ["1.0", "-1.0"]}
    rows = floor_rows("t", 0, roles, ScoredTask(kind="regression"), ["0.0"])
    values = {row.metric: row.value for row in rows}
    assert values["binary_accuracy_nonzero"] == pytest.approx(0.5)


@pytest.mark.parametrize("value", [float("inf"), float("-inf")])
def test_an_infinite_score_is_refused(value):
    with pytest.raises(RecordError, match="weighted_f1 is infinite"):
        Score("t", "iteacnet", 0, 0, "0.7", "0.0", "validation", "weighted_f1", value)


def test_the_floor_of_a_dimensional_task_is_the_mean_of_training():
    task = ScoredTask(kind="regression", metrics="dimensional")
    roles = {"train": ["1.0", "2.0", "6.0"], "validation": [], "test": ["1.0", "5.0"]}
    rows = floor_rows("t", 0, roles, task, ["0.0"])
    assert {row.method for row in rows} == {TRAINING_MEAN}
    values = {row.metric: row.value for row in rows}
    assert set(values) == {
        *("ccc", "correlation"),
        *("mean_absolute_error", "root_mean_squared_error"),
    }
    assert (values["ccc"], values["mean_absolute_error"]) == (0.0, 2.0)
    assert math.isnan(values["correlation"])


def test_macro_f1_is_scored_where_the_task_is_selected_by_it():
    target, predicted = ["a", "a", "b"], ["a", "b", "b"]
    assert "macro_f1" not in metrics_of(target, predicted, AB)
    chosen = AB.model_copy(update={"score": "macro_f1"})
    expected = f1_score(target, predicted, average="macro")
    assert metrics_of(target, predicted, chosen)["macro_f1"] == pytest.approx(expected)
