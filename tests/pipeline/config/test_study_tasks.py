"""A task that is tested on another corpus: what may be said of it."""

import pytest

from pipeline.base.errors import SettingsError
from pipeline.config.configuration import parse_config
from pipeline.rules.decisions import Decisions
from pipeline.rules.plan import Plan

IMPORT = {"format": "npz", "path": "a.npz", "arrays": {"audio": "a"}}
CORPORA = {
    "talks": {"reader": "folder", "root": "a"},
    "shows": {"reader": "folder", "root": "b"},
    "packed": {"reader": "import", "root": "c", "import": IMPORT},
}
MOOD = {
    "corpus": "talks",
    "classes": {"good": ["happy", "joy"], "bad": ["sad", "gloom"]},
    "folds": {"by": "dialogues", "k": 4, "only": [1]},
    "modalities": ["audio"],
}
AWAY = {**MOOD, "test_corpus": "shows", "test_annotation": "mood"}


def plan(**tasks):
    return Plan(parse_config({"corpora": CORPORA, "tasks": tasks}))


def test_the_test_has_its_own_labels_splits_masks_and_features():
    found = plan(away=AWAY)
    assert (found.tested("away"), found.corpus("away@shows")) == ("away@shows", "shows")
    assert found.tasks_of("shows") == ["away@shows"]
    assert found.features("away@shows") == ["build/shows/features/audio.safetensors"]
    assert found.masks("away@shows", ["0.5"]) == [
        "build/away@shows/availability/0.5_7000.safetensors"
    ]
    files = found.files()
    assert {"build/away@shows/labels.csv", "build/away@shows/splits.csv"} <= set(files)
    assert found.modalities("shows") == ("audio",)


def test_it_is_labelled_by_the_same_classes_and_tests_in_every_fold():
    decisions = Decisions(plan(away=AWAY))
    settings = decisions._stage("assign_splits", {"task": "away@shows"}).settings
    assert (settings["n_folds_tested"], settings["task"]["annotation"]) == (4, "mood")
    assert settings["task"]["classes"] == MOOD["classes"]


def test_training_is_that_of_the_task_without_a_test_corpus():
    decisions = Decisions(plan(home=MOOD, away=AWAY))
    run = {"method": "iteacnet", "train_rate": "0.7", "fold": "1", "seed": "0"}
    keys = [decisions.key("train", {"task": name, **run}) for name in ("home", "away")]
    assert keys[0] == keys[1]
    splits = [decisions.key("assign_splits", {"task": name}) for name in ("home", "away")]
    assert splits[0] == splits[1]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"test_corpus": "nope"}, r"tasks\.t\.test_corpus: 'nope' is not defined"),
        ({"test_corpus": "talks"}, r"tasks\.t\.test_corpus: is the task's own corpus"),
        ({"test_corpus": None}, r"tasks\.t\.test_annotation: there is no test_corpus"),
        ({"test_corpus": "packed"}, r"tasks\.t\.test_corpus: the features of packed are imported"),
        ({"corpus": "packed"}, r"tasks\.t\.test_corpus: the features of packed are imported"),
    ],
)
def test_what_cannot_be_is_refused_by_name(change, said):
    with pytest.raises(SettingsError, match=said):
        plan(t={**AWAY, **change})


def test_values_of_annotations_are_read_with_accents_as_one_letter():
    """As tables are: the two spellings look the same."""
    apart, as_one = "fro\u0308hlich", "fr\u00f6hlich"
    task = {**MOOD, "annotation": "Gefu\u0308hl", "classes": {"good": [apart], "bad": ["sad"]}}
    found = parse_config({"corpora": CORPORA, "tasks": {"t": task}}).tasks["t"]
    assert (found.annotation, found.classes["good"]) == ("Gef\u00fchl", (as_one,))
    both = {**task, "classes": {"good": [apart], "bad": [as_one]}}
    with pytest.raises(SettingsError, match="stand in more than one class"):
        parse_config({"corpora": CORPORA, "tasks": {"t": both}})
