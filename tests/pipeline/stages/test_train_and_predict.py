"""Stages train and predict as the rules call them, on a small task in files."""

import csv
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from pipeline.arrays import read_arrays
from pipeline.records import Label, SplitRow
from pipeline.stages import predict, train
from pipeline.tables import read_rows, write_rows
from pipeline.training import restored
from pipeline.training.methods import build_learner

ROOT = Path(__file__).resolve().parents[3]
OUTPUTS = ("weights.safetensors", "history.csv", "run.json")
METHODS = {
    "iteacnet": {"hidden_dim": 16, "n_heads": 2},
    "mmin": {"pretrain_epochs": 2},
    "cpmnet": {"code_dim": 8, "train_epochs": 3, "test_epochs": 3},
}


def method(model):
    return {"model": model, "settings": METHODS[model]}


def train_arguments(files, out, rate="0.3", seed=0, cache=None):
    return [
        *files.arguments(),
        *("--settings", files.train_settings()),
        *("--task", "t", "--method", "m", "--fold", "1", "--seed", str(seed)),
        *("--train-rate", rate, "--cache", str(cache or out / "cache"), "--device", "cpu"),
        *("--out-weights", str(out / "weights.safetensors")),
        *("--out-history", str(out / "history.csv"), "--out-run", str(out / "run.json")),
    ]


def train_once(files, out, **options):
    """Train into `out` with a cache of its own unless told otherwise."""
    train.main(train_arguments(files, out, **options))
    return [(out / name).read_bytes() for name in OUTPUTS]


def predict_once(files, out):
    arguments = [*files.arguments(), "--weights", str(out / "weights.safetensors")]
    arguments += ["--run", str(out / "run.json"), "--fold", "1", "--seed", "0", "--device", "cpu"]
    arguments += ["--settings", files.predict_settings()]
    predict.main([*arguments, "--out", str(out / "predictions.csv")])
    with (out / "predictions.csv").open(newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.parametrize("model", METHODS)
def test_same_seed_gives_the_same_bytes_of_weights_history_and_predictions(
    make_task, tmp_path, model
):
    files = make_task(method=method(model))
    one, two = (train_once(files, tmp_path / name) for name in ("one", "two"))
    assert one == two
    for name in ("one", "two"):
        predict_once(files, tmp_path / name)
    tables = [(tmp_path / name / "predictions.csv").read_bytes() for name in ("one", "two")]
    assert tables[0] == tables[1]
    assert train_once(files, tmp_path / "other", seed=1)[0] != one[0]


@pytest.mark.parametrize("rate", ["random", "progressive", "0.7"])
def test_poisoned_test_labels_change_nothing_before_scoring(make_task, tmp_path, rate):
    files = make_task(method=method("iteacnet"), standardize=True)
    clean = train_once(files, tmp_path / "clean", rate=rate)
    path = files.folder / "labels.csv"
    splits = read_rows(files.folder / "splits.csv", SplitRow)
    tested = {row.dialogue_id for row in splits if (row.fold, row.role) == (1, "test")}
    rows = read_rows(path, Label)
    poisoned = [
        Label(row.utterance_id, "POISON") if row.utterance_id.split("_")[0] in tested else row
        for row in rows
    ]
    assert sum(row.label == "POISON" for row in poisoned) > 5
    write_rows(path, poisoned, Label)
    assert train_once(files, tmp_path / "poisoned", rate=rate) == clean


def test_under_the_paper_protocol_the_test_role_selects_and_run_json_says_so(make_task, tmp_path):
    for protocol, selection in (("paper", "test"), ("strict", "validation")):
        files = make_task(protocol=protocol, method=method("iteacnet"), n_epochs=1)
        train_once(files, tmp_path / protocol)
        run = json.loads((tmp_path / protocol / "run.json").read_text())
        assert run["selection"] == selection


def test_run_json_tells_what_was_trained_on_what(make_task, tmp_path):
    files = make_task(method=method("iteacnet"))
    train_once(files, tmp_path, rate="0.7")
    run = json.loads((tmp_path / "run.json").read_text())
    assert run["realised_train_rate"] == pytest.approx(2 / 3)
    assert (run["task"], run["method"], run["fold"], run["seed"]) == ("t", "m", 1, 0)
    assert run["shape"]["feature_dims"] == {"audio": 5, "text": 7, "visual": 4}
    assert run["n_dialogues"] == {"train": 9, "validation": 3, "test": 3}
    assert set(run["parameters"]) == {"teacher", "student", "trained"}
    assert set(run["versions"]) == {"torch", "numpy", "safetensors"}
    assert set(run["inputs"]) >= {"features_audio", "labels", "splits", "availability"}
    with (tmp_path / "history.csv").open(newline="") as stream:
        history = list(csv.DictReader(stream))
    assert [row["epoch"] for row in history] == ["1", "2", "3"]
    assert float(history[run["best_epoch"] - 1]["validation"]) == run["best_score"]


def test_the_same_run_is_taken_from_the_cache(make_task, tmp_path, capsys):
    files = make_task(method=method("iteacnet"))
    first = train_once(files, tmp_path / "one", cache=tmp_path / "cache")
    again = train_once(files, tmp_path / "two", cache=tmp_path / "cache")
    assert first == again
    assert "the same run is in the cache" in capsys.readouterr().out
    files.settings["method"]["label"] = "another name"  # decides nothing
    train_once(files, tmp_path / "three", cache=tmp_path / "cache")
    assert "the same run is in the cache" in capsys.readouterr().out
    files.settings["train"]["n_epochs"] = 4
    train_once(files, tmp_path / "four", cache=tmp_path / "cache")
    assert "the same run is in the cache" not in capsys.readouterr().out


@pytest.mark.parametrize("model", METHODS)
def test_predictions_cover_the_test_role_at_every_rate(make_task, tmp_path, model):
    files = make_task(method=method(model))
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


@pytest.mark.parametrize("model", ["iteacnet", "gcnet", "mmin", "cra", "ae", "cpmnet"])
def test_every_method_is_tested_under_the_same_stored_masks(
    make_task, tmp_path, monkeypatch, model
):
    files = make_task(
        method={"model": model, "settings": {**METHODS, "gcnet": {"hidden_dim": 8}}.get(model, {})},
        n_epochs=1,
    )
    train_once(files, tmp_path)
    seen = Counter()

    def build_and_watch(*arguments):
        learner = build_learner(*arguments)
        inner = learner.predict

        def watched(batch):
            cells = batch.rows[batch.valid].tolist(), batch.available[batch.valid].tolist()
            seen.update((row, tuple(mask)) for row, mask in zip(*cells, strict=True))
            return inner(batch)

        learner.predict = watched
        return learner

    monkeypatch.setattr(restored, "build_learner", build_and_watch)
    predict_once(files, tmp_path)
    store_row = {u.utterance_id: row for row, u in enumerate(files.utterances)}
    rows = read_rows(files.folder / "labels.csv", Label)
    stored = Counter(
        (store_row[label.utterance_id], tuple(mask))
        for path in files.availability
        for label, mask in zip(rows, read_arrays(path)[0]["fold1"].tolist(), strict=True)
        if label.utterance_id.startswith("s1")  # what fold 1 tests
    )
    assert seen == stored


def test_regression_predicts_numbers(make_task, tmp_path):
    files = make_task(kind="regression", method=method("iteacnet"))
    train_once(files, tmp_path)
    rows = predict_once(files, tmp_path)
    assert list(rows[0]) == ["rate", "utterance_id", "dialogue_id", "target", "predicted"]
    assert {row["target"] for row in rows} <= {"-2.0", "-0.4", "0.0", "1.2"}
    assert len({float(row["predicted"]) for row in rows}) > len(rows) // 2


@pytest.mark.parametrize("model", METHODS)
def test_a_task_may_lack_a_modality(make_task, tmp_path, model):
    files = make_task(modalities=("audio", "text"), method=method(model))
    train_once(files, tmp_path, rate="0.7")
    run = json.loads((tmp_path / "run.json").read_text())
    assert run["shape"]["feature_dims"] == {"audio": 5, "text": 7}
    assert run["realised_train_rate"] == pytest.approx(1 / 2)
    assert len({row["utterance_id"] for row in predict_once(files, tmp_path)}) > 5


def test_validation_score_is_that_of_the_predictions(make_task, tmp_path):
    """Under `paper` the test role validates: its best score must come back from the files."""
    from sklearn.metrics import f1_score

    files = make_task(protocol="paper", method=method("iteacnet"), standardize=True)
    train_once(files, tmp_path, rate="0.3")
    rows = [row for row in predict_once(files, tmp_path) if row["rate"] == "0.3"]
    score = f1_score(
        [r["target"] for r in rows], [r["predicted"] for r in rows], average="weighted"
    )
    run = json.loads((tmp_path / "run.json").read_text())
    assert run["best_score"] == pytest.approx(score, abs=1e-12)
    assert any(name.startswith("standardize.") for name in read_arrays(tmp_path / OUTPUTS[0])[0])


def test_weights_of_another_shape_are_refused(make_task, tmp_path):
    files = make_task(method=method("iteacnet"), n_epochs=1)
    train_once(files, tmp_path)
    run = json.loads((tmp_path / "run.json").read_text())
    run["shape"]["n_outputs"] = 4
    (tmp_path / "run.json").write_text(json.dumps(run))
    with pytest.raises(ValueError, match="were trained for"):
        predict_once(files, tmp_path)


@pytest.mark.slow
def test_a_run_killed_at_random_moments_ends_with_the_same_bytes(make_task, tmp_path):
    """Other learners are stopped after chosen epochs in training/test_loop.py."""
    files = make_task(method=method("iteacnet"), n_epochs=40)
    whole = train_once(files, tmp_path / "whole", rate="random")
    out = tmp_path / "killed"
    arguments = [*train_arguments(files, out, rate="random"), "--checkpoint-every", "0"]
    rng = random.Random(5)
    for _ in range(2):
        process = start_python(tmp_path, "-m", "pipeline.stages.train", *arguments)
        seen = checkpoint_time(out)
        while process.poll() is None and checkpoint_time(out) == seen:
            time.sleep(0.002)
        time.sleep(rng.uniform(0, 0.2))
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    assert train_once(files, out, rate="random") == whole
    assert not list((out / "cache").rglob("checkpoint*"))


@pytest.mark.slow
def test_training_loads_no_compiler_and_reuse_no_torch(make_task, tmp_path):
    """Seconds of every process, which is what a run on small data takes."""
    files = make_task(method=method("iteacnet"), n_epochs=1)
    code = (
        "import sys; unwanted = sys.argv.pop(1)\n"
        "from pipeline.stages.train import main; main(sys.argv[1:])\n"
        "sys.exit(unwanted in sys.modules)"
    )
    for unwanted in ("torch._dynamo", "torch"):
        process = start_python(tmp_path, "-c", code, unwanted, *train_arguments(files, tmp_path))
        assert process.wait() == 0


def start_python(folder, *arguments):
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    quiet = subprocess.DEVNULL
    command = [sys.executable, *arguments]
    return subprocess.Popen(command, cwd=folder, env=environment, stdout=quiet, stderr=quiet)


def checkpoint_time(out):
    found = list((out / "cache").rglob("checkpoint.safetensors"))
    return found[0].stat().st_mtime_ns if found else None
