"""Stage predict: what is tested, under which masks, and what its table holds."""

import json

import numpy as np
import pytest

from models.registry import our_methods
from pipeline.base.arrays import read_arrays
from pipeline.base.records import Label
from pipeline.base.tables import read_rows, write_rows
from pipeline.features.store import read_store
from pipeline.training import restored
from pipeline.training.learners import build_learner
from tests.pipeline.stages.training_runs import OUTPUTS, predict_once, train_once
from tests.small_methods import EACH_BATCHING, small_method


@pytest.mark.parametrize("model", EACH_BATCHING)
def test_predictions_cover_the_test_role_at_every_rate(make_task, tmp_path, model):
    files = make_task(method=small_method(model))
    train_once(files, tmp_path)
    rows = predict_once(files, tmp_path)
    labels = {row.utterance_id: row.label for row in read_rows(files.folder / "labels.csv", Label)}
    expected = [name for name in labels if name.startswith("s1")]
    for rate in ("0.0", "0.3", "0.7"):
        mine = [row for row in rows if row["rate"] == rate]
        assert sorted(row["utterance_id"] for row in mine) == sorted(expected)
    for row in rows:
        assert row["target"] == labels[row["utterance_id"]]
        assert row["utterance_id"].startswith(row["dialogue_id"])
        scores = {name: float(row[f"score_{name}"]) for name in files.classes}
        assert sum(scores.values()) == pytest.approx(1)
        assert row["predicted"] == max(scores, key=scores.get)


@pytest.mark.parametrize("model", our_methods())
def test_every_method_is_tested_under_the_same_stored_masks(
    make_task, tmp_path, monkeypatch, model
):
    files = make_task(
        method=small_method(model),
        n_epochs=1,
    )
    train_once(files, tmp_path)
    seen = set()  # what several rates leave alike is predicted once

    def build_and_watch(*arguments):
        learner = build_learner(*arguments)
        inner = learner.predict

        def watched(batch):
            cells = batch.rows[batch.valid].tolist(), batch.usable[batch.valid].tolist()
            seen.update((row, tuple(mask)) for row, mask in zip(*cells, strict=True))
            return inner(batch)

        learner.predict = watched
        monkeypatch.setattr(type(learner), "embeds", False)  # so that rows are those of the stores
        return learner

    monkeypatch.setattr(restored, "build_learner", build_and_watch)
    predict_once(files, tmp_path)
    ids = [utterance.utterance_id for utterance in files.utterances]
    store_row = {name: row for row, name in enumerate(ids)}
    extracted = np.stack([read_store(path, ids).extracted for path in files.features], axis=1)
    rows = read_rows(files.folder / "labels.csv", Label)
    stored = {
        (row, tuple((mask & extracted[row]).tolist()))
        for path in files.availability
        for label, mask in zip(rows, read_arrays(path)[0]["fold1"], strict=True)
        if mask.any()  # what fold 1 tests, and what it validates on
        for row in [store_row[label.utterance_id]]
    }
    assert seen == stored


def test_probabilities_are_fitted_on_validation_and_judged_on_the_test(make_task, tmp_path):
    files = make_task(method=small_method("ae"))
    train_once(files, tmp_path)
    rows = predict_once(files, tmp_path)
    told = json.loads((tmp_path / "calibration.json").read_text())
    assert (told["reason"], told["fitted_on"]) == ("", "validation")
    assert told["classes"] == list(files.classes)
    n_right = sum(row["predicted"] == row["target"] for row in rows)
    every = told["patterns"]["all"]
    assert sum(every["after"]["n"]) == sum(every["before"]["n"]) == len(rows)
    assert sum(every["after"]["n_right"]) == sum(every["before"]["n_right"]) == n_right
    assert every["n_utterances"] == len({row["utterance_id"] for row in rows})
    own = [found for name, found in told["patterns"].items() if name != "all"]
    assert sum(sum(found["after"]["n"]) for found in own) == len(rows)
    assert "audio+text+visual" in told["patterns"]

    shares = [max(float(row[f"score_{name}"]) for name in files.classes) for row in rows]
    assert sum(every["before"]["confidence"]) == pytest.approx(sum(shares), abs=1e-3)
    path = files.folder / "labels.csv"
    labels = read_rows(path, Label)
    other = dict(zip(files.classes, (*files.classes[1:], files.classes[0]), strict=True))
    changed = [
        Label(row.utterance_id, other[row.label]) if row.utterance_id.startswith("s1") else row
        for row in labels
    ]
    write_rows(path, changed, Label)
    predict_once(files, tmp_path)
    again = json.loads((tmp_path / "calibration.json").read_text())
    assert again["temperatures"] == told["temperatures"]
    assert again["unproven"] == told["unproven"]
    assert again["patterns"] != told["patterns"]


@pytest.mark.parametrize(
    ("model", "kind", "protocol", "reason", "fitted_on"),
    [
        ("ae", "regression", "strict", "", "validation"),
        ("ae", "classification", "paper", "", "test"),
        ("cpmnet", "classification", "strict", "no softmax", "validation"),
    ],
)
def test_what_has_no_probability_says_why_and_paper_says_what_it_fitted_on(
    make_task, tmp_path, model, kind, protocol, reason, fitted_on
):
    files = make_task(kind=kind, protocol=protocol, method=small_method(model))
    train_once(files, tmp_path)
    predict_once(files, tmp_path)
    told = json.loads((tmp_path / "calibration.json").read_text())
    assert reason in told["reason"]
    assert bool(told["temperatures"]) == (not reason)
    assert told["fitted_on"] in (fitted_on, "validation")
    if not reason:
        assert told["fitted_on"] == fitted_on
        assert told["classes"] == (
            ["negative", "positive"] if kind == "regression" else list(files.classes)
        )


def test_regression_predicts_numbers(make_task, tmp_path):
    files = make_task(kind="regression", method=small_method("iteacnet"))
    train_once(files, tmp_path)
    rows = predict_once(files, tmp_path)
    assert list(rows[0]) == ["rate", "utterance_id", "dialogue_id", "target", "predicted"]
    assert {row["target"] for row in rows} <= {"-2.0", "-0.4", "0.0", "1.2"}
    assert len({float(row["predicted"]) for row in rows}) > len(rows) // 2


@pytest.mark.parametrize("model", EACH_BATCHING)
def test_a_task_may_lack_a_modality(make_task, tmp_path, model):
    files = make_task(modalities=("audio", "text"), method=small_method(model))
    train_once(files, tmp_path, rate="0.7")
    run = json.loads((tmp_path / "run.json").read_text())
    assert run["shape"]["feature_dims"] == {"audio": 5, "text": 7}
    assert run["realised_train_rate"] == pytest.approx(1 / 2)
    assert len({row["utterance_id"] for row in predict_once(files, tmp_path)}) > 5


def test_validation_score_is_that_of_the_predictions(make_task, tmp_path):
    """Under `paper` the test role validates: its best score must come back from the files."""
    from sklearn.metrics import f1_score

    files = make_task(protocol="paper", method=small_method("iteacnet"), standardize=True)
    train_once(files, tmp_path, rate="0.3")
    rows = [row for row in predict_once(files, tmp_path) if row["rate"] == "0.3"]
    score = f1_score(
        [r["target"] for r in rows], [r["predicted"] for r in rows], average="weighted"
    )
    run = json.loads((tmp_path / "run.json").read_text())
    assert run["best_score"] == pytest.approx(score, abs=1e-12)
    assert any(name.startswith("standardize.") for name in read_arrays(tmp_path / OUTPUTS[0])[0])


def test_weights_of_another_shape_are_refused(make_task, tmp_path):
    files = make_task(method=small_method("iteacnet"), n_epochs=1)
    train_once(files, tmp_path)
    run = json.loads((tmp_path / "run.json").read_text())
    run["shape"]["n_outputs"] = 4
    (tmp_path / "run.json").write_text(json.dumps(run))
    with pytest.raises(SystemExit, match="were trained for"):
        predict_once(files, tmp_path)
