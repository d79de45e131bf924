"""Trained on the demo, tested on a second made corpus whose classes have other names."""

import csv
import json
import wave

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import f1_score

from pipeline.base.records import Label
from pipeline.base.tables import read_rows
from pipeline.protocol.stored_masks import read_masks
from pipeline.tools.bundles.extend import main as extend
from tests.pipeline.tools.bundles.comparisons import compared
from tests.pipeline.tools.bundles.zips import edited, parts_of
from tests.workflow.driver import plan, rules_of, snakemake
from tests.workflow.handing_on import hand_on
from tests.workflow.test_feature_sets import config_of
from tests.workflow.workspaces import write_config

pytestmark = pytest.mark.timeout(1800)  # a whole workflow
SAID = {
    "cheerful": "What a wonderful day, I am so happy!",
    "gloomy": "It is all lost, I could cry.",
}
N_DIALOGUES = 12  # ten are needed for an interval


def write_shows(folder):
    """Dialogues of two turns, a tone for a voice; the second turn of the last one has no class."""
    folder.mkdir()
    rows = []

    for number in range(N_DIALOGUES):
        tone = np.sin(np.arange(16_000) * (200 + 20 * number) * 2 * np.pi / 16_000)
        with wave.open(str(folder / f"{number}.wav"), "wb") as file:
            file.setparams((1, 2, 16_000, 0, "NONE", ""))
            file.writeframes((tone * 8000).astype("<i2").tobytes())
        for turn in range(2):
            mood = (
                "bored"
                if (number, turn) == (N_DIALOGUES - 1, 1)
                else list(SAID)[(number + turn) % 2]
            )
            name, text = f"show{number}_{turn}", SAID.get(mood, "Well.")
            rows.append(
                [name, f"show{number}", f"{number}.wav", turn / 2, turn / 2 + 0.5, text, mood]
            )
    with (folder / "utterances.csv").open("w", newline="", encoding="utf-8") as stream:
        header = ["utterance_id", "dialogue_id", "media", "start_s", "end_s", "text", "mood"]
        csv.writer(stream).writerows([header, *rows])


def config_away(folder):
    """The task of the demo as it is, and the same tested on the shows."""
    config = config_of(folder)
    del config["features"]
    config["train"]["methods"] = ["gru"]
    config["corpora"]["shows"] = {"reader": "folder", "root": "shows"}

    home = config["tasks"]["mood"]
    classes = {"good": [*home["classes"]["good"], "cheerful"]}
    classes["bad"] = [*home["classes"]["bad"], "gloomy"]
    tested = {"test_corpus": "shows", "test_annotation": "mood"}
    config["tasks"] = {
        "home": {**home, "classes": classes},
        "away": {**home, "classes": classes, **tested},
    }
    config["protocol"]["standardize"] = True
    return config


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("away")
    write_shows(folder / "shows")
    snakemake(folder, "--configfile", str(write_config(folder, config_away(folder))))
    return folder


def predictions(folder):
    path = folder / "build/away/runs/gru/0.5/fold0_seed0/predictions.csv"
    return pd.read_csv(path, dtype={"rate": str})


def test_all_of_the_other_corpus_is_tested_by_each_folds_model(folder):
    labels = read_rows(folder / "build/away@shows/labels.csv", Label)
    assert len(labels) == 2 * N_DIALOGUES - 1  # `bored` belongs to no class
    golds = {row.utterance_id: row.label for row in labels}
    assert set(golds.values()) == {"good", "bad"}
    assert golds["show0_0"] == "good"
    told = predictions(folder)
    assert dict(zip(told["utterance_id"], told["target"], strict=True)) == golds


def test_masks_are_of_the_other_corpus(folder):
    labels = read_rows(folder / "build/away@shows/labels.csv", Label)
    path = folder / "build/away@shows/availability/0.5_7000.safetensors"
    masks = read_masks(path, labels)
    of_fold = masks.of_rows(0, np.arange(len(labels)))[:, :2]
    assert of_fold.any(axis=1).all()
    assert 0.3 < 1 - of_fold.mean() <= 0.5


def test_trainings_are_those_of_the_task_at_home(folder):
    """What is tested decides nothing of a training: the second one is out of the cache."""
    place = "runs/gru/0.5/fold0_seed0"
    home, away = (folder / f"build/{task}/{place}" for task in ("home", "away"))
    name = "weights.safetensors"
    assert (home / name).read_bytes() == (away / name).read_bytes()
    keys = [json.loads((run / "run.json").read_text())["key"] for run in (home, away)]
    assert keys[0] == keys[1]
    assert len([path for path in (folder / "cache/runs").iterdir() if path.is_dir()]) == 1


def test_scores_stand_in_the_tables_with_intervals(folder):
    scores = pd.read_csv(folder / "build/away/scores.csv", dtype={"rate": str})
    told = predictions(folder)
    expected = f1_score(told["target"], told["predicted"], average="weighted")
    row = scores.query("method == 'gru' and metric == 'weighted_f1'")
    assert row["value"].item() == pytest.approx(expected, abs=1e-9)
    floor = scores.query("method == 'majority' and metric == 'accuracy'")["value"]
    assert set(floor) <= {11 / 23, 12 / 23}

    tables = folder / "build/report/study/tables"
    intervals = pd.read_csv(tables / "away_intervals.csv")
    bounds = intervals.filter(regex="low|high").to_numpy(dtype=float)
    assert np.isfinite(bounds).any()
    page = (folder / "build/report/study/index.html").read_text()
    assert "Trained and validated on demo, tested on all of shows" in page


def test_the_study_is_handed_on_whole_and_one_changed_prediction_is_found(folder, tmp_path, capsys):
    bundle = hand_on(folder, tmp_path, "build/away/runs/gru/0.5/fold0_seed0", capsys)
    parts = parts_of(bundle)
    assert {"build/away/labels.csv", "build/away@shows/labels.csv"} <= parts.keys()
    assert not any("wonderful" in part.decode("latin-1") for part in parts.values())
    card = parts["README.md"].decode()
    assert "trained on demo, tested on all of shows" in card
    assert [row["value"] for row in compared(bundle, bundle, tmp_path)] == ["0.0", "0.0"]


def test_another_training_role_is_not_paired(folder, tmp_path):
    bundle = hand_on(folder, tmp_path)

    def move(parts):
        rows = parts["build/away/splits.csv"].decode()
        parts["build/away/splits.csv"] = rows.replace(",0,train", ",0,validation", 1).encode()

    moved = edited(bundle, tmp_path / "moved.zip", move, relist=True)
    said = "no fold coincides: fold 0: of what is trained on, 1 of 5 dialogues have another role"
    with pytest.raises(SystemExit, match=said):
        compared(bundle, moved, tmp_path, "--task", "away")


def test_a_method_that_ran_elsewhere_joins_the_test_there(folder, tmp_path, capsys):
    bundle = hand_on(folder, tmp_path)
    out = tmp_path / "more.zip"
    taken = ["--study", str(bundle), "--of", "gru", "--method", "mine", "--out", str(out)]
    extend([str(bundle), *taken])
    assert "away: mine less gru: +0.0" in capsys.readouterr().out


def test_coming_back_costs_nothing_and_what_is_edited_there_trains_nothing(folder):
    given = ("--configfile", str(folder / "config.yaml"))
    assert plan(folder, *given) == []
    table = folder / "shows/utterances.csv"
    table.write_text(table.read_text().replace("bored", "gloomy"))
    jobs = rules_of(plan(folder, *given))
    assert "build_manifest" in jobs
    assert "train" not in jobs
