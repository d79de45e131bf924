"""A run asked of its roles: which utterances, with which targets, and what of them was usable."""

import numpy as np
import pytest
import torch

from pipeline.base.arrays import read_arrays
from pipeline.base.records import Label
from pipeline.base.tables import read_rows
from pipeline.config.settings import parse_section
from pipeline.conversations.reading import read_fold, read_stores
from pipeline.features.store import read_store
from pipeline.training.predicting import PredictRequest, TestFiles, predict_run
from pipeline.training.restored import restore_run
from pipeline.training.settings import PredictSettings
from tests.pipeline.stages.training_runs import train_once
from tests.small_methods import small_method

NOWHERE = TestFiles(None, None, None)


def ask(files, out, test_files=NOWHERE):
    """The run in `out` on fold 1: (validation, test)."""
    settings = parse_section(files.predict_settings(), PredictSettings, where="")
    tables = read_fold(*tables_of(files), 1)
    stores = read_stores(files.features, tables.utterances)
    run = restore_run(
        *(out / "weights.safetensors", out / "run.json", tables, stores),
        *(settings.task, settings.method, torch.device("cpu"), ("validation", "test")),
    )
    asked = PredictRequest(settings, files.availability, files.features, fold=1, seed=0)
    return predict_run(run, tables, asked, test_files)


def tables_of(files):
    return [files.folder / f"{name}.csv" for name in ("utterances", "labels", "splits")]


def test_what_was_usable_is_what_was_extracted_and_not_withheld(make_task, tmp_path):
    files = make_task(method=small_method("ae"))
    train_once(files, tmp_path)
    validation, test = ask(files, tmp_path)
    labels = read_rows(files.folder / "labels.csv", Label)
    row_of = {row.utterance_id: number for number, row in enumerate(labels)}
    ids = [utterance.utterance_id for utterance in files.utterances]
    extracted = np.stack([read_store(path, ids).extracted for path in files.features], axis=1)
    stored = [read_arrays(path)[0]["fold1"] for path in files.availability]

    for predicted, session in ((validation, "s2"), (test, "s1")):
        outputs, targets, usable, names = predicted.rows()
        assert sorted(names) == sorted(name for name in row_of if name.startswith(session))
        assert outputs.shape == (len(stored), len(names), len(files.classes))
        told, dialogues, words = predicted.named()
        assert told == names.tolist()
        assert [name.rpartition("_")[0] for name in told] == dialogues
        assert [labels[row_of[name]].label for name in told] == words
        assert [files.classes[number] for number in targets] == words
        for masks, cells in zip(stored, usable, strict=True):
            expected = [masks[row_of[name]] & extracted[ids.index(name)] for name in told]
            assert cells.tolist() == np.array(expected).tolist()


@pytest.mark.parametrize(("protocol", "is_same"), [("paper", True), ("strict", False)])
def test_a_role_that_is_the_other_is_not_predicted_twice(make_task, tmp_path, protocol, is_same):
    files = make_task(protocol=protocol, method=small_method("ae"))
    train_once(files, tmp_path)
    validation, test = ask(files, tmp_path)
    assert (validation is test) is is_same


def test_another_corpus_takes_the_place_of_the_test_role_alone(make_task, tmp_path):
    files = make_task(protocol="paper", method=small_method("ae"))
    train_once(files, tmp_path)
    at_home = ask(files, tmp_path)
    other = TestFiles(*tables_of(files), files.features, files.availability)
    validation, test = ask(files, tmp_path, other)
    assert validation is not test
    for mine, theirs in zip(at_home, (validation, test), strict=True):
        assert mine.named() == theirs.named()
        np.testing.assert_array_equal(mine.outputs, theirs.outputs)
