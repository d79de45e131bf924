"""A run shown another corpus: what it says there, and what it refuses to read."""

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.base.records import Utterance
from pipeline.base.tables import read_rows, write_rows
from pipeline.features.store import read_store, write_store
from pipeline.stages import predict
from tests.pipeline.stages.training_runs import predict_arguments, predict_once, train_once
from tests.small_methods import EACH_BATCHING, small_method


def as_test(words, **others):
    """Arguments that name the tables of a task, as those of another corpus to test on."""
    named = [f"--test-{word[2:]}" if word.startswith("--") else word for word in words]
    return [others.get(word, word) for word in named]


@pytest.mark.parametrize("model", EACH_BATCHING)
def test_the_same_corpus_elsewhere_is_told_the_same(make_task, tmp_path, model):
    """Standardised by the training role, under the stored masks, in whole dialogues."""
    files = make_task(method=small_method(model), standardize=True)
    train_once(files, tmp_path)
    predict_once(files, tmp_path)
    names = ("predictions.csv", "calibration.json")
    at_home = [(tmp_path / name).read_bytes() for name in names]
    predict.main([*predict_arguments(files, tmp_path), *as_test(files.arguments())])
    assert [(tmp_path / name).read_bytes() for name in names] == at_home


def refusal(files, out, **others):
    words = as_test(files.arguments(), **{str(old): str(new) for old, new in others.items()})
    with pytest.raises(SystemExit) as stopped:
        predict.main([*predict_arguments(files, out), *words])
    return str(stopped.value)


def test_vectors_of_another_encoder_are_refused_by_name(make_task, tmp_path):
    files = make_task(method=small_method("ae"))
    train_once(files, tmp_path)
    path = next(word for word in files.arguments() if word.endswith("audio.safetensors"))
    store = read_store(Path(path))
    other = tmp_path / "other.safetensors"
    write_store(other, replace(store, header=replace(store.header, encoder="hubert")))
    said = refusal(files, tmp_path, **{path: other})
    assert said.startswith("error: audio: the run was trained on features made with {'encoder': ")
    assert "the test corpus are made with {'encoder': 'hubert'}" in said


def test_more_speakers_than_a_network_was_built_for_are_refused_by_name(make_task, tmp_path):
    files = make_task(method=small_method("gcnet"))
    train_once(files, tmp_path)
    path = next(word for word in files.arguments() if word.endswith("utterances.csv"))
    rows = read_rows(Path(path), Utterance)
    crowd = [replace(row, speaker=f"speaker{number}") for number, row in enumerate(rows)]
    write_rows(tmp_path / "crowd.csv", crowd, Utterance)
    said = refusal(files, tmp_path, **{path: tmp_path / "crowd.csv"})
    assert "have more speakers than the 2 that the network was built for" in said
