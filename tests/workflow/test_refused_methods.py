"""A method that memory cannot train is refused before anything is trained, with both ways out."""

import numpy as np
import pytest

from tests.workflow.driver import WorkflowFailed, plan, rules_of, snakemake
from tests.workflow.workspaces import write_config

LENGTHS = (9000, 4, 4, 4, 4, 4)
WANTED = "build/t/labels.csv"


def config_of(methods):
    imported = {"format": "npz", "path": "f.npz", "arrays": {"text": "text", "audio": "audio"}}

    return {
        "corpora": {"c": {"reader": "import", "root": "features", "import": imported}},
        "tasks": {
            "t": {
                "corpus": "c",
                "classes": {"happy": ["happy"], "sad": ["sad"]},
                "folds": {"by": "dialogues", "k": 3, "only": [0]},
                "modalities": ["audio", "text"],
            }
        },
        "protocol": {"rates": [0.0]},
        "methods": {"iteacnet": {"model": "iteacnet"}, "gru": {"model": "gru"}},
        "train": {"methods": methods, "n_epochs": 1, "train_rate": "0.0"},
    }


@pytest.fixture
def folder(tmp_path):
    dialogues = np.repeat(np.arange(len(LENGTHS)), LENGTHS)
    turns = np.concatenate([np.arange(length) for length in LENGTHS])
    vectors = np.random.default_rng(0).normal(size=(2, len(turns), 2)).astype(np.float32)
    (tmp_path / "features").mkdir()
    np.savez(
        tmp_path / "features/f.npz",
        dialogue_id=np.array([f"d{number}" for number in dialogues]),
        turn=turns,
        emotion=np.array(["happy", "sad"])[turns % 2],
        audio=vectors[0],
        text=vectors[1],
    )
    return tmp_path


def test_an_import_is_asked_before_its_trainings_and_the_others_go_on_without_it(folder, capfd):
    config = folder / "config.yaml"
    write_config(folder, config_of(["iteacnet", "gru"]))
    with pytest.raises(WorkflowFailed):
        snakemake(folder, WANTED, "--configfile", str(config))
    told = capfd.readouterr().err.partition("error: ")[2].partition("\n")[0]
    assert told.startswith("tasks.t: methods.iteacnet: layers over time for dialogues of 9,000")
    assert "cut dialogues into parts" in told
    assert told.endswith("or leave the method out of `train.methods`")

    write_config(folder, config_of(["gru"]))
    rules = rules_of(plan(folder, "--configfile", str(config)))
    assert rules.count("train") == 1
    assert "score" in rules
