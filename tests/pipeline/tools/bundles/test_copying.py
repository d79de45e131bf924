"""A run under fewer conditions keeps their rows; its calibration was over all, so it goes."""

import csv
import json

from pipeline.tools.bundles.copying import copy_run, runs_judged
from pipeline.tools.bundles.matching import Side
from pipeline.tools.bundles.opening import open_study


def test_a_run_under_some_of_its_conditions(bundled, tmp_path):
    opened = open_study(bundled, tmp_path / "a")
    side = Side("A", opened.study, "t", opened.folder)
    run = runs_judged(side, "gcnet", "ume", ())[0]
    assert runs_judged(side, "gcnet", "ime", ["0.0"]) == []

    source = opened.folder / "build/t" / run.place
    for name, under in (("whole", ["0.0", "0.5"]), ("part", ["0.5"])):
        copy = run.model_copy(update={"method": name})
        copy_run(side, run, tmp_path / "t", copy, under)
        folder = tmp_path / "t" / copy.place
        rows = list(csv.DictReader((folder / "predictions.csv").open()))
        assert rows == [
            row
            for row in csv.DictReader((source / "predictions.csv").open())
            if row["rate"] in under
        ]
        assert json.loads((folder / "run.json").read_text())["method"] == name
        reason = json.loads((folder / "calibration.json").read_text())["reason"]
        assert bool(reason) == (name == "part")
