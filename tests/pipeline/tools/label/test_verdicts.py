"""Several runs: means of what each says alone, and how far they disagree."""

import json

import numpy as np
import pytest

from tests.pipeline.stages.training_runs import predict_once, train_once
from tests.pipeline.tools.label.new_corpora import NewCorpus, label
from tests.small_methods import small_method


def shares(rows):
    return np.array(
        [[float(v) for name, v in row.items() if name.startswith("probability_")] for row in rows]
    )


def test_probabilities_are_means_and_disagreement_counts_the_others(trained, corpus, tmp_path):
    runs = [trained(model)[1] for model in ("ae", "gru", "gcnet")]
    alone = [label(run, corpus.write(), tmp_path / str(n)) for n, run in enumerate(runs)]
    rows = label(runs, corpus.folder, tmp_path / "all")
    assert shares(rows) == pytest.approx(np.mean([shares(rows_of) for rows_of in alone], axis=0))
    classes = [name.removeprefix("probability_") for name in rows[0] if "probability_" in name]

    for row, *own in zip(rows, *alone, strict=True):
        mean = [float(row[f"probability_{name}"]) for name in classes]
        assert row["label"] == classes[int(np.argmax(mean))]
        others = sum(told["label"] != row["label"] for told in own) / 3
        assert float(row["disagreement"]) == pytest.approx(others)
        accuracy = np.mean([float(told["expected_accuracy"]) for told in own])
        assert float(row["expected_accuracy"]) == pytest.approx(accuracy)
        assert float(row["expected_low"]) == min(float(told["expected_low"]) for told in own)
        assert float(row["expected_high"]) == max(float(told["expected_high"]) for told in own)

    assert {row["disagreement"] for row in alone[0]} == {""}
    assert len({row["disagreement"] for row in rows}) > 1


def test_numbers_are_means_with_their_deviation(make_task, tmp_path):
    files = make_task(kind="regression", method=small_method("ae"))
    runs = [tmp_path / "a", tmp_path / "b"]
    for seed, run in enumerate(runs):
        train_once(files, run, seed=seed)
        predict_once(files, run)

    folder = NewCorpus(files, tmp_path / "new").write()
    first, two = (
        np.array([float(row["label"]) for row in label(run, folder, run / "labels")])
        for run in runs
    )
    rows = label(runs, folder, tmp_path / "both")
    found = [float(row["label"]) for row in rows]
    assert found == pytest.approx((first + two) / 2, abs=1e-6)
    told = [float(row["disagreement"]) for row in rows]
    assert told == pytest.approx(np.abs(first - two) / 2, abs=1e-6)


def test_runs_of_other_labels_and_those_without_a_mean_are_refused(
    trained, run, edit_run, corpus, refusal
):
    folder, other = corpus.write(), run("ae")
    edit_run(other, lambda facts: facts["settings"].update(classes=["x", "y", "z"]))
    (other / "calibration.json").unlink()
    message = refusal([trained("ae")[1], other], folder)
    assert "x, y, z and " in message
    assert "name runs of one task" in message
    twice = [trained("cpmnet")[1]] * 2
    assert "have no mean over runs: label by one run" in refusal(twice, folder)


def test_a_calibration_of_other_classes_is_refused(run, corpus, refusal):
    folder = run("ae")
    path = folder / "calibration.json"
    told = json.loads(path.read_text())
    path.write_text(json.dumps({**told, "classes": ["x", "y"]}))
    assert "is of x, y, the run of" in refusal(folder, corpus.write())
    path.write_text(json.dumps({**told, "temperatures": {"all": -1}}))
    assert "temperatures.all: must be greater" in refusal(folder, corpus.write())
    path.write_text("{")
    assert str(path) in refusal(folder, corpus.write())


def test_a_run_without_calibration_has_labels_and_a_note(run, corpus, tmp_path, capsys):
    folder = run("ae")
    (folder / "calibration.json").unlink()
    rows = label(folder, corpus.write(), tmp_path / "labels")
    assert all(row["confidence"] and not row["expected_accuracy"] for row in rows)
    assert "has no calibration.json: no expected accuracy" in capsys.readouterr().err


@pytest.mark.parametrize("share", [0, 0.3, 0.7])
def test_nothing_is_labelled_at_a_higher_risk_than_the_chosen_one(trained, corpus, tmp_path, share):
    run = trained("gru")[1]
    free = label(run, corpus.write(), tmp_path / "free")
    wrong = [1 - float(row["confidence"]) for row in free]
    risk = np.quantile(wrong, share) + 1e-6 if share else 0.0
    rows = label(run, corpus.folder, tmp_path / "at_risk", "--risk", str(risk))
    for row, other, own in zip(rows, free, wrong, strict=True):
        assert row["label"] == (other["label"] if own <= risk else "")
        assert row["reason"].startswith("wrong with probability") == (own > risk)
        assert row["confidence"] == other["confidence"]
    n = sum(bool(row["label"]) for row in rows)
    assert n == pytest.approx(share * len(rows), abs=2)


def test_a_risk_needs_calibrated_probabilities(trained, run, corpus, tmp_path, capsys):
    folder = run("ae")
    (folder / "calibration.json").unlink()
    for run in (folder, trained("cpmnet")[1]):
        with pytest.raises(SystemExit, match="--risk needs calibrated probabilities"):
            label(run, corpus.write(), tmp_path / "labels", "--risk", "0.3")
    for text in ("1", "-0.1", "nan", "much"):
        with pytest.raises(SystemExit, match="2"):
            label(folder, corpus.folder, tmp_path / "labels", "--risk", text)
        assert "is not a share of wrong labels" in capsys.readouterr().err


ABOUT = {"name": "mine", "reader": "folder", "language": "de", "acted": False, "synthetic": False}


@pytest.mark.parametrize("synthetic", [True, False])
def test_where_labels_come_from_is_said_and_synthetic_data_first(
    run, edit_run, corpus, tmp_path, capsys, synthetic
):
    folder = run("ae")
    edit_run(folder, lambda facts: facts.update(corpus={**ABOUT, "synthetic": synthetic}))
    label(folder, corpus.write(), tmp_path / "labels")
    notes = json.loads((tmp_path / "labels/labels.json").read_text())
    said = capsys.readouterr().err.splitlines()

    assert [line.removeprefix("note: ") for line in said[: len(notes["notes"])]] == notes["notes"]
    assert ("trained on synthetic data" in notes["notes"][0]) == synthetic
    n = json.loads((folder / "run.json").read_text())["n_utterances"]["train"]
    assert any(
        f"trained on {n} utterances of mine (de, not acted" in note for note in notes["notes"]
    )
    assert notes["runs"][0]["corpus"]["synthetic"] == synthetic
    assert notes["n_labels"] == notes["n_utterances"] == len(corpus.utterances)


def test_a_run_that_names_no_corpus_says_so(trained, corpus, tmp_path, capsys):
    label(trained("ae")[1], corpus.write(), tmp_path / "labels")
    assert "a corpus that run.json does not name" in capsys.readouterr().err
