"""Stage train: the same bytes each time, no look at test labels, a run.json that tells."""

import csv
import json

import pytest
import torch

from pipeline.base.records import Label, SplitRow
from pipeline.base.tables import read_rows, write_rows
from pipeline.features.store import read_store
from pipeline.stages import train
from pipeline.training import requests
from tests.pipeline.stages.training_runs import (
    predict_once,
    train_arguments,
    train_once,
)
from tests.small_methods import EACH_BATCHING, small_method


def most_withheld(files, fold=1):
    """Of what was extracted in training: all but one modality of each utterance."""
    rows = read_rows(files.folder / "splits.csv", SplitRow)
    trained = {row.dialogue_id for row in rows if (row.fold, row.role) == (fold, "train")}
    labelled = {row.utterance_id for row in read_rows(files.folder / "labels.csv", Label)}
    numbers = [
        i
        for i, u in enumerate(files.utterances)
        if u.dialogue_id in trained and u.utterance_id in labelled
    ]
    n_cells = sum(int(read_store(path).extracted[numbers].sum()) for path in files.features)
    return 1 - len(numbers) / n_cells


@pytest.mark.parametrize("model", EACH_BATCHING)
def test_same_seed_gives_the_same_bytes_of_weights_history_and_predictions(
    make_task, tmp_path, model
):
    files = make_task(method=small_method(model))
    first, second = (train_once(files, tmp_path / name) for name in ("one", "two"))
    assert first == second
    for name in ("one", "two"):
        predict_once(files, tmp_path / name)
    tables = [(tmp_path / name / "predictions.csv").read_bytes() for name in ("one", "two")]
    assert tables[0] == tables[1]
    assert train_once(files, tmp_path / "other", seed=1)[0] != first[0]


@pytest.mark.parametrize("rate", ["random", "progressive", "0.7"])
def test_poisoned_test_labels_change_nothing_before_scoring(make_task, tmp_path, rate):
    files = make_task(method=small_method("iteacnet"), standardize=True)
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
        files = make_task(protocol=protocol, method=small_method("iteacnet"), n_epochs=1)
        train_once(files, tmp_path / protocol)
        run = json.loads((tmp_path / protocol / "run.json").read_text())
        assert run["selection"] == selection


def test_where_the_last_epoch_stands_run_json_names_no_role_that_selected_it(make_task, tmp_path):
    files = make_task(method=small_method("cpmnet"))
    train_once(files, tmp_path / "run")
    run = json.loads((tmp_path / "run" / "run.json").read_text())
    assert (run["keep"], run["selection"]) == ("last", "none")
    assert run["best_epoch"] == run["n_epochs"]


def test_run_json_names_the_corpus_and_a_word_about_it_trains_nothing_anew(
    make_task, tmp_path, capsys
):
    files, cache = make_task(method=small_method("ae")), tmp_path / "cache"
    about = {"name": "mine", "reader": "folder", "language": "de", "acted": False}
    weights = [train_once(files, tmp_path / "silent", cache=cache)[0]]

    for synthetic in (True, False):
        files.settings["corpus"] = {**about, "synthetic": synthetic}
        files.settings["extraction"] = {"features": {"audio": {"weights": str(synthetic)}}}
        weights.append(train_once(files, tmp_path / str(synthetic), cache=cache)[0])
        run = json.loads((tmp_path / str(synthetic) / "run.json").read_text())
        assert run["corpus"] == files.settings["corpus"]
        assert run["extraction"] == {**files.settings["extraction"], "crop_faces": None}
        assert "taken from" in capsys.readouterr().out
    assert weights == weights[:1] * 3
    assert "corpus" not in json.loads((tmp_path / "silent" / "run.json").read_text())


def test_run_json_tells_what_was_trained_on_what(make_task, tmp_path):
    files = make_task(method=small_method("iteacnet"))
    train_once(files, tmp_path, rate="0.7")
    run = json.loads((tmp_path / "run.json").read_text())
    assert run["realised_train_rate"] == pytest.approx(most_withheld(files))
    assert (run["task"], run["method"], run["fold"], run["seed"]) == ("t", "m", 1, 0)
    assert run["shape"]["feature_dims"] == {"audio": 5, "text": 7, "visual": 4}
    assert run["n_dialogues"] == {"train": 9, "validation": 3, "test": 3}
    assert set(run["parameters"]) == {"teacher", "student", "trained"}
    assert set(run["versions"]) == {"torch", "numpy", "safetensors"}
    assert set(run["inputs"]) >= {"features_audio", "labels", "splits", "availability"}
    assert run["encoders"].keys() == run["shape"]["feature_dims"].keys()

    visual = {"encoder": "e", "weights": "w", "pooling": "mean", "precision": "f32"}
    assert run["encoders"]["visual"] == {**visual, "libraries": {}}

    with (tmp_path / "history.csv").open(newline="") as stream:
        history = list(csv.DictReader(stream))
    assert [row["epoch"] for row in history] == ["1", "2", "3"]
    assert float(history[run["best_epoch"] - 1]["validation"]) == run["best_score"]


def test_the_realised_rate_is_that_of_the_phase_that_meets_masks(make_task, tmp_path):
    files = make_task(method=small_method("mmin"))
    train_once(files, tmp_path, rate="0.7")
    run = json.loads((tmp_path / "run.json").read_text())
    assert run["realised_train_rate"] == pytest.approx(most_withheld(files))
    with (tmp_path / "history.csv").open(newline="") as stream:
        rates = {(row["phase"], row["train_rate"]) for row in csv.DictReader(stream)}
    assert rates == {("pretrain", "0.0"), ("train", "0.7")}


def test_the_same_run_is_taken_from_the_cache(make_task, tmp_path, capsys):
    files = make_task(method=small_method("iteacnet"))
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


def test_recording_turned_off_is_another_run_where_something_is_recorded(
    make_task, tmp_path, capsys, monkeypatch
):
    files, cache = make_task(method=small_method("ae")), tmp_path / "cache"
    cases = [("cpu", "1"), ("cpu", "0"), ("NVIDIA A", "1"), ("NVIDIA A", "0"), ("NVIDIA A", "1")]
    known = []
    for number, (kind, recorded) in enumerate(cases):
        monkeypatch.setattr(requests, "kind_of_device", lambda name, kind=kind: kind)
        monkeypatch.setenv("ITEACNET_GRAPHS", recorded)
        train_once(files, tmp_path / f"run{number}", cache=cache)
        known.append("the same run is in the cache" in capsys.readouterr().out)
    assert known == [False, True, False, False, True]


def test_another_kind_of_device_is_another_run(make_task, tmp_path, capsys, monkeypatch):
    """One machine, which torch takes for one without a GPU, with one, with another one."""
    files, cache = make_task(method=small_method("ae")), tmp_path / "cache"
    kinds, seen = iter(["cpu", "NVIDIA A", "NVIDIA B", "NVIDIA A", "cpu"]), []
    monkeypatch.setattr(requests, "kind_of_device", lambda name: next(kinds))
    for is_known in (False, False, False, True, True):
        train_once(files, tmp_path, cache=cache)
        seen.append(json.loads((tmp_path / "run.json").read_text())["device"])
        assert ("the same run is in the cache" in capsys.readouterr().out) == is_known
    assert seen == ["cpu", "NVIDIA A", "NVIDIA B", "NVIDIA A", "cpu"]
    monkeypatch.undo()
    assert requests.kind_of_device("cpu") == "cpu"
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: f"model of {device}")
    assert requests.kind_of_device("cuda:1") == "model of cuda:1"


def test_another_number_of_threads_is_another_run(make_task, tmp_path, capsys):
    # Sums over two threads are rounded otherwise: under one key, whoever came first would decide.
    files, cache = make_task(method=small_method("iteacnet"), n_epochs=1), tmp_path / "cache"
    for threads, is_known in ((1, False), (2, False), (1, True), (2, True)):
        arguments = train_arguments(files, tmp_path / f"threads{threads}", cache=cache)
        train.main([*arguments, "--threads", str(threads)])
        assert ("the same run is in the cache" in capsys.readouterr().out) == is_known
    run = json.loads((tmp_path / "threads2" / "run.json").read_text())
    assert run["threads"] == 2
