"""Whose face an utterance has, from the tables of the workflow to the labels."""

import json
import re

import pytest

from pipeline.base.records import FaceRow
from pipeline.base.tables import write_rows
from pipeline.tools.label.seen import seen_counts, seen_in_words, seen_remarks, told_face
from tests.pipeline.stages.training_runs import predict_once, train_once
from tests.pipeline.tools.label.new_corpora import NewCorpus, label
from tests.small_methods import small_method


@pytest.mark.parametrize(
    ("more", "face"),
    [
        ({"n_faces": 4, "told_by": "mouth", "n_people": 2}, "mouth"),
        ({"n_faces": 4, "told_by": "side"}, "side"),
        ({"n_faces": 4, "n_people": 1}, "a face"),
        ({"n_faces": 0, "status": "ambiguous_face", "n_people": 3}, "3 faces"),
        ({"n_faces": 0, "status": "no_face"}, ""),
    ],
)
def test_the_cell_says_how_the_face_is_known(more, face):
    given = {"status": "ok", "n_frames": 5, "archive": ""} | more
    assert told_face(FaceRow("u", **given)) == face
    assert bool(seen_in_words(face)) == bool(face)


def test_faces_of_nobody_known_are_counted_apart():
    found = seen_counts(["mouth", "a face", "", "2 faces", "side", "a face"])
    assert found == {"face": 4, "of_the_speaker": 2, "ambiguous": 1}
    (said,) = seen_remarks(found)
    assert said.startswith("2 of 4 utterances with a face: one person is seen")
    assert list(seen_remarks(seen_counts(["mouth", ""]))) == []


def test_labels_say_what_is_missing_and_whose_face_it_is(trained, corpus, tmp_path, capsys):
    """The statuses are those that `lose` writes into the stores of the corpus."""
    run = trained("ae")[1]
    corpus.lose("text", "s0d1_2")
    folder = corpus.write()
    ids = [utterance.utterance_id for utterance in corpus.utterances]
    faces = [FaceRow(name, 5, 5, "", "ok", told_by="mouth" * (k % 2)) for k, name in enumerate(ids)]
    write_rows(folder / "faces/0.csv", faces, FaceRow)
    rows = label(run, folder, tmp_path / "labels")
    by_id = {row["utterance_id"]: row for row in rows}
    assert "text no_face" in by_id["s0d1_2"]["missing"].split(", ")
    assert by_id["s0d1_2"]["label"]
    for row in rows:
        told = dict(part.split() for part in row["missing"].split(", ") if part)
        assert sorted([*told, *row["modalities"].split()]) == ["audio", "text", "visual"]
    assert [by_id[name]["face"] for name in ids[:4]] == ["a face", "mouth", "a face", "mouth"]

    n_untold = len(ids) - len(ids) // 2
    assert f"{n_untold} of {len(ids)} utterances with a face" in capsys.readouterr().err
    sidecar = json.loads((tmp_path / "labels/labels.json").read_text())
    assert sidecar["n_faces"] == {"face": len(ids), "of_the_speaker": len(ids) // 2, "ambiguous": 0}


def test_a_run_that_looks_at_no_face_says_nothing_of_it(make_task, tmp_path):
    files = make_task(modalities=("audio", "text"), method=small_method("ae"))
    train_once(files, tmp_path / "run")
    predict_once(files, tmp_path / "run")
    corpus = NewCorpus(files, tmp_path / "corpus")
    folder = corpus.write()
    faces = [FaceRow(row.utterance_id, 5, 5, "", "ok") for row in corpus.utterances]
    write_rows(folder / "faces/0.csv", faces, FaceRow)
    rows = label(tmp_path / "run", folder, tmp_path / "labels")
    assert {row["face"] for row in rows} == {""}
    assert not any(re.search("visual", row["missing"]) for row in rows)
