"""Labels are the predictions of the run at rate 0.0, from what was found and nothing else."""

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from models.registry import our_methods
from pipeline.base.records import MODALITIES, Label
from pipeline.base.tables import read_rows
from tests.modules import ROOT
from tests.pipeline.stages.training_runs import predict_once, train_once
from tests.pipeline.tools.label.new_corpora import NewCorpus, label, read_table
from tests.small_methods import small_method

MODELS = our_methods()
PLACE = ("dialogue_id", "utterance_id", "media", "start_s", "end_s", "speaker", "text")
SEEN = ("modalities", "missing", "face")
TRUST = ("confidence", "disagreement", "expected_accuracy", "expected_low", "expected_high")


def of_test_role(files):
    """Ids of the labelled utterances that fold 1 tests."""
    rows = read_rows(files.folder / "labels.csv", Label)
    return {row.utterance_id for row in rows if row.utterance_id.startswith("s1")}


def compare(files, run, corpus, out):
    """Hold labels against the run's own predictions; return both, by utterance."""
    corpus.keep(of_test_role(files))
    expected = {r["utterance_id"]: r for r in predict_once(files, run) if r["rate"] == "0.0"}
    found = {row["utterance_id"]: row for row in label(run, corpus.write(), out)}
    assert found.keys() == expected.keys()
    return found, expected


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("standardize", [False, True])
def test_labels_of_the_test_role_are_those_of_the_run(
    trained, corpus, tmp_path, capsys, model, standardize
):
    files, run = trained(model, standardize=standardize)
    found, expected = compare(files, run, corpus, tmp_path / "labels")
    assert {u: row["label"] for u, row in found.items()} == {
        u: row["predicted"] for u, row in expected.items()
    }

    names = [f"probability_{name}" for name in files.classes if model != "cpmnet"]
    assert list(next(iter(found.values()))) == [
        *(*PLACE, *SEEN, "label"),
        *(*names, *TRUST, "reason"),
    ]
    told = json.loads((run / "calibration.json").read_text())
    for utterance, row in found.items():
        scores = np.array([float(expected[utterance][f"score_{c}"]) for c in files.classes])
        if not names:
            assert [row[name] for name in TRUST] == [""] * 5
            continue
        pattern = row["modalities"].replace(" ", "+")
        softened = scores ** (1 / told["temperatures"].get(pattern, told["temperatures"]["all"]))
        shares = [float(row[name]) for name in names]
        assert shares == pytest.approx(softened / softened.sum(), abs=1e-5)
        assert float(row["confidence"]) == max(shares)
        counts = told["patterns"][pattern]["after"]
        accuracy = sum(counts["n_right"]) / sum(counts["n"])
        assert float(row["expected_accuracy"]) == pytest.approx(accuracy)
        assert float(row["expected_low"]) <= accuracy <= float(row["expected_high"])
    assert ("has no probabilities" in capsys.readouterr().err) == (model == "cpmnet")


@pytest.mark.parametrize("model", ["iteacnet", "cpmnet"])
def test_regression_gives_numbers(make_task, tmp_path, capsys, model):
    files = make_task(kind="regression", method=small_method(model))
    train_once(files, tmp_path)
    found, expected = compare(files, tmp_path, NewCorpus(files, tmp_path / "new"), tmp_path / "l")
    numbers = [float(row["label"]) for row in found.values()]
    assert numbers == pytest.approx([float(expected[u]["predicted"]) for u in found], abs=1e-4)
    assert len(set(numbers)) > len(numbers) // 2
    signs = ["probability_negative", "probability_positive"] if model == "iteacnet" else []
    columns = [*PLACE, *SEEN, "label", *signs, *TRUST, "reason"]
    assert list(next(iter(found.values()))) == columns
    for row in found.values():
        if signs:
            is_above = float(row["probability_positive"]) > float(row["probability_negative"])
            assert is_above == (float(row["label"]) > 0)
    assert ("predicts a sign" in capsys.readouterr().err) == (model == "cpmnet")


def test_numbers_of_a_scale_are_numbers_on_it(make_task, tmp_path, capsys):
    """Networks learn distances to the middle of a scale; a label is a value of the scale."""
    files = make_task(kind="regression", method=small_method("ae"))
    files.settings["task"] = {**files.settings["task"], "center": 3.0}
    train_once(files, tmp_path)
    corpus = NewCorpus(files, tmp_path / "new")
    found, expected = compare(files, tmp_path, corpus, tmp_path / "l")
    distances = [float(expected[u]["predicted"]) for u in found]
    numbers = [float(row["label"]) for row in found.values()]
    assert numbers == pytest.approx([3.0 + distance for distance in distances], abs=1e-4)
    assert "does not say" not in capsys.readouterr().err

    run = tmp_path / "run.json"
    run.write_text(json.dumps({**json.loads(run.read_text()), "center": None}))
    old = label(tmp_path, corpus.write(), tmp_path / "old")
    assert [float(row["label"]) for row in old] == pytest.approx(distances, abs=1e-4)
    assert "distances to it" in capsys.readouterr().err


def test_every_utterance_has_a_row_by_dialogue_and_turn_with_what_was_used(
    trained, corpus, tmp_path
):
    rows = label(trained("gcnet")[1], corpus.write(), tmp_path / "labels")
    ids = [row["utterance_id"] for row in rows]
    assert sorted(ids) == sorted(utterance.utterance_id for utterance in corpus.utterances)

    turns = {
        utterance.utterance_id: (utterance.dialogue_id, utterance.turn)
        for utterance in corpus.utterances
    }
    assert ids != [utterance.utterance_id for utterance in corpus.utterances]
    assert [turns[utterance_id] for utterance_id in ids] == sorted(turns.values())
    assert all(row["utterance_id"].startswith(row["dialogue_id"]) for row in rows)

    used = {row["utterance_id"]: row["modalities"].split() for row in rows}
    for number, utterance in enumerate(corpus.utterances):
        there = [m for m in MODALITIES if corpus.stores[m].extracted[number]]
        assert used[utterance.utterance_id] == there
    assert {len(modalities) for modalities in used.values()} == {2, 3}


def test_an_utterance_without_anything_has_no_label(trained, corpus, tmp_path, capsys):
    run = trained("ae")[1]
    before = label(run, corpus.write(), tmp_path / "before")
    for modality in MODALITIES:
        corpus.lose(modality, "s0d1_2")

    rows = label(run, corpus.write(), tmp_path / "labels")
    for row, old in zip(rows, before, strict=True):
        if row["utterance_id"] == "s0d1_2":
            lacks = "audio no_face, text no_face, visual no_face"  # as `lose` writes them
            nothing = f"nothing found in any modality: {lacks}"
            filled = {name for name, cell in row.items() if cell}
            assert filled == {*PLACE, "missing", "reason"} - {"media"}
            assert row["missing"] == lacks
            assert row["reason"] == nothing
        else:
            assert row["label"] == old["label"] != ""

    n = len(rows)
    assert f"{n - 1} of {n} utterances have a label" in capsys.readouterr().out


def test_a_corpus_in_which_nobody_was_seen_is_labelled_from_the_rest(trained, corpus, tmp_path):
    run = trained("gcnet")[1]
    corpus.lose("visual")
    assert corpus.stores["visual"].dim == 0
    rows = label(run, corpus.write(), tmp_path / "labels")
    assert {row["modalities"] for row in rows} == {"audio text"}
    assert all(row["label"] for row in rows)
    for modality in ("audio", "text"):
        corpus.lose(modality)
    rows = label(run, corpus.write(), tmp_path / "labels")
    assert {row["label"] + row["modalities"] for row in rows} == {""}


@pytest.mark.parametrize(
    ("model", "settings", "is_told"),
    [("iteacnet", {}, True), ("iteacnet", {"fusion": "aligned"}, False), ("gru", {}, False)],
)
def test_what_iteacnet_cannot_hear_without_text_is_told(
    trained, corpus, tmp_path, capsys, model, settings, is_told
):
    run = trained(model, **settings)[1]
    label(run, corpus.write(), tmp_path / "labels")
    assert "not by their own voice and face" not in capsys.readouterr().err
    corpus.lose("text", "s0d1_2", "s0d1_1")
    label(run, corpus.write(), tmp_path / "labels")
    said = capsys.readouterr().err
    assert ("have no text: iteacnet tells them by a mean over their dialogue" in said) == is_told
    assert ("note: 2 of " in said) == is_told


def test_modalities_that_the_run_does_not_know_are_left_alone(make_task, corpus, tmp_path):
    files = make_task(modalities=("audio", "text"), method=small_method("mmin"))
    train_once(files, tmp_path)
    rows = label(tmp_path, corpus.write(), tmp_path / "labels")
    assert {row["modalities"] for row in rows} == {"audio text"}


def longer(corpus, n, speakers=("F", "M")):
    """The corpus with one dialogue of n utterances, all of s0 to s2, by these speakers."""
    corpus.keep({utterance.utterance_id for utterance in corpus.utterances[:n]})
    corpus.utterances = [
        replace(utterance, dialogue_id="long", turn=turn, speaker=speakers[turn % len(speakers)])
        for turn, utterance in enumerate(corpus.utterances)
    ]
    return corpus.write()


@pytest.mark.parametrize("more", [{"framework": "teacher_only"}, {"model": "gcnet"}])
def test_networks_without_layers_over_time_take_any_length(trained, corpus, tmp_path, more):
    run = trained(**{"model": "iteacnet", **more})[1]
    assert len(label(run, longer(corpus, 40), tmp_path / "labels")) == 40


@pytest.mark.parametrize("model", ["iteacnet", "mmin"])
def test_only_gcnet_minds_speakers(trained, corpus, tmp_path, model):
    folder = longer(corpus, 3, speakers="abc")
    assert len(label(trained(model)[1], folder, tmp_path / "labels")) == 3


def test_more_speakers_than_gcnet_was_built_for_are_the_reason(trained, corpus, tmp_path):
    """Of three windows two have two speakers."""
    run = trained("gcnet")[1]
    length = json.loads((run / "run.json").read_text())["shape"]["max_utterances"]
    folder = longer(corpus, 2 * length, speakers="ab")
    rows = label(run, folder, tmp_path / "two")
    assert all(row["label"] for row in rows)
    corpus.utterances[0] = replace(corpus.utterances[0], speaker="c")
    rows = label(run, corpus.write(), tmp_path / "three")
    reason = "dialogue of 3 speakers, the network takes at most 2"
    step = length // 2
    assert [row["reason"] for row in rows] == [reason] * step + [""] * (2 * length - step)
    assert not any(row["label"] for row in rows[:step])


def test_the_command_line(trained, corpus, tmp_path):
    def call(*arguments):
        command = [sys.executable, "-m", "pipeline.tools.label", *map(str, arguments)]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    out = tmp_path / "new" / "labels"
    done = call(trained("ae")[1], corpus.write(), "--out", out, "--device", "cpu")
    assert done.returncode == 0
    assert {line.split(":")[0] for line in done.stderr.splitlines()} == {"note"}
    assert len(read_table(out / "labels.csv")) == len(corpus.utterances)
    failed = call(tmp_path / "nowhere", corpus.folder, "--out", out)
    assert failed.returncode == 1
    assert failed.stderr.startswith("error: ")
    assert "Traceback" not in failed.stderr
    told = call("--help").stdout
    assert "fold0_seed0 build/clips --out labels" in told
