"""Sets of encoders by methods, in one study on the demo: one table, each set extracted once."""

import csv
import json
from pathlib import Path

import pytest

from pipeline.features.store import read_store
from tests.pipeline import tiny_models
from tests.pipeline.tools.bundles.zips import parts_of
from tests.workflow.driver import plan, rules_of, snakemake
from tests.workflow.handing_on import hand_on
from tests.workflow.rerun_table import changed
from tests.workflow.workspaces import MOODS, SMALL_DEMO, write_config

pytestmark = pytest.mark.timeout(1800)  # a whole workflow
METHODS = ("gru", "logistic")
TRAINED = ("gru", "gru@hubert", "logistic", "logistic@hubert")


def config_of(folder):
    # Small: a run of the whole takes a minute.
    return {
        "shards": 1,
        "corpora": {"demo": SMALL_DEMO},
        # Of hubert only the sound is its own.
        "features": {"base": {}, "hubert": {"audio": {"encoder": f"hf:{folder}/hubert"}}},
        "tasks": {
            "mood": {
                "corpus": "demo",
                "classes": MOODS,
                "folds": {"by": "sessions", "only": [0]},
                "modalities": ["audio", "text"],
            }
        },
        "protocol": {"name": "paper", "rates": [0.5]},
        "methods": {name: {"model": name} for name in METHODS},
        "train": {"methods": list(METHODS), "n_epochs": 1, "train_rate": "0.5"},
    }


def run(folder, config, *arguments):
    written = write_config(folder, config)
    return snakemake(folder, "--configfile", str(written), *arguments)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sets")
    tiny_models.save_speech_model(folder / "hubert", "hubert")
    return folder


@pytest.fixture(scope="module")
def study(folder):
    """The folder after the whole study, and the jobs that it took."""
    return folder, run(folder, config_of(folder))


def test_each_encoder_extracts_once_and_all_stand_in_one_table(study):
    folder, jobs = study
    extracted = [dict(job.job.wildcards)["modality"] for job in jobs if "extract" in job.job.rule]
    assert sorted(extracted) == ["audio", "audio@hubert", "text"]
    assert rules_of(jobs).count("train") == len(TRAINED)

    dims = {
        name: read_store(folder / f"build/demo/features/{name}.safetensors").dim
        for name in extracted
    }
    assert (dims["audio"], dims["audio@hubert"]) == (288, 32)
    with (folder / "build/mood/scores.csv").open() as stream:
        scored = {row["method"] for row in csv.DictReader(stream)}
    assert scored == {*TRAINED, "majority"}
    for name in TRAINED:
        facts = json.loads(
            (folder / f"build/mood/runs/{name}/0.5/fold0_seed0/run.json").read_text()
        )
        heard = "hf_speech" if "@" in name else "moonshine-tiny"
        assert (facts["method"], facts["encoders"]["audio"]["encoder"]) == (name, heard)


def test_the_report_has_one_table_with_a_row_for_each(study):
    folder, _ = study
    report = folder / "build/report/study"
    text = (report / "tables/table4.md").read_text()
    labels = [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("| ")]
    for label in ("GRU, base", "GRU, hubert", "Logistic, base", "Logistic, hubert"):
        assert sum(cell.startswith(label) for cell in labels) == 1
    page = (report / "index.html").read_text()
    assert "audio@hubert" in page  # what the corpus says of its features


def test_the_study_is_handed_on_whole_and_one_changed_prediction_is_found(study, tmp_path, capsys):
    folder, _ = study
    hand_on(folder, tmp_path, "build/mood/runs/gru@hubert/0.5/fold0_seed0", capsys)
    encoders = json.loads(parts_of(tmp_path / "s.zip")["study.json"])["corpora"]["demo"]["encoders"]
    assert (encoders["audio"]["encoder"], encoders["audio@hubert"]["encoder"]) == (
        "moonshine-tiny",
        "hf_speech",
    )


def test_the_report_of_snakemake_holds_our_page_and_tables(study, tmp_path):
    folder, _ = study
    out = tmp_path / "all.zip"
    run(folder, config_of(folder), "--report", str(out))
    parts = {Path(name).name: content for name, content in parts_of(out).items()}
    report = folder / "build/report/study"
    assert parts["index.html"] == (report / "index.html").read_bytes()
    tables = {path.name: path.read_bytes() for path in (report / "tables").glob("*.csv")}
    assert tables.items() <= parts.items()


def test_coming_back_costs_nothing(study):
    folder, _ = study
    config = config_of(folder)
    assert plan(folder, "--configfile", str(write_config(folder, config))) == []
    unnamed = changed(config, "features", {})
    jobs = run(folder, unnamed)  # the first set has the names of a single one
    assert {"extract_features", "train", "predict"}.isdisjoint(rules_of(jobs))
    jobs = run(folder, config)
    assert {"extract_features", "train", "predict"}.isdisjoint(rules_of(jobs))
    assert plan(folder, "--configfile", str(folder / "config.yaml")) == []
