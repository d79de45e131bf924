"""Where numbers come from: versions, runs, commands."""

import numpy as np

from pipeline.features.store import FeatureStore, StoreHeader, write_store
from pipeline.report.provenance_page import provenance_parts


def test_versions_are_those_that_made_the_features_and_the_runs(two_methods):
    build, _ = two_methods
    table = build.table("versions")
    of = {(row.made, row.what): row.value for row in table.itertuples()}
    features = {value for (made, _), value in of.items() if made.startswith("c, ")}
    assert features == {"0.9.7"}  # as in the headers of the feature files
    assert of["training", "torch"] == "1.2.3"
    assert ("this report", "torch") not in of


def test_every_run_has_a_row(two_methods):
    build, _ = two_methods
    runs = build.table("runs")
    assert set(runs["run"]) == {
        f"{run.method}/{run.train_rate}/fold{run.fold}_seed{run.seed}"
        for run in build.plan.runs("t")
    }
    assert set(runs["epoch"]) == {2}
    assert set(runs["score"]) == {60.0}


def test_features_that_the_study_does_not_use_say_nothing_of_its_corpus(tmp_path):
    for name, encoder in (("audio", "imported"), ("audio@former", "hubert")):
        header = StoreHeader("t", "audio", encoder, "w", "mean", "float32")
        rows = np.ones((1, 2), np.float32)
        store = FeatureStore(header, rows, np.array([True]), np.array([0], np.uint8))
        write_store(tmp_path / f"c/features/{name}.safetensors", store)
    files, *_ = provenance_parts(tmp_path, {"c": ["audio"]}, [])
    commands = [row.cells[2].text for row in files.tables[0].rows]
    assert commands[0] == "python -m pipeline.stages.import_features"
    assert "python -m pipeline.stages.crop_faces" not in commands
