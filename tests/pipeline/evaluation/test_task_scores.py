"""Scores of a task are those of its files alone, and the floor stands under the same conditions."""

import csv

from pipeline.config.tasks import ScoredTask
from pipeline.evaluation.task_scores import TaskFiles, write_scores
from tests.pipeline.report.builds import write_build
from tests.pipeline.report.task_artefacts import CLASSES


def test_the_same_files_give_the_same_bytes_wherever_they_lie(tmp_path):
    build = write_build(tmp_path, methods={"ae": {"model": "ae"}}, seeds=(0,))
    task, folder = ScoredTask(classes=CLASSES), build.folder / "t"
    runs = [tmp_path / run.folder / "run.json" for run in build.plan.runs("t")]
    tables = folder / "labels.csv", folder / "splits.csv"
    files = TaskFiles(build.folder / "c/utterances.csv", *tables, runs)
    n_numbers = write_scores("t", task, files, tmp_path / "a.csv", tmp_path / "b.csv")
    assert (tmp_path / "a.csv").read_bytes() == (folder / "scores.csv").read_bytes()
    assert (tmp_path / "b.csv").read_bytes() == (folder / "reliability.csv").read_bytes()

    rows = list(csv.DictReader((tmp_path / "a.csv").open()))
    assert len(rows) == n_numbers
    under = {
        method: {
            (row["fold"], row["rate"], row["metric"]) for row in rows if row["method"] == method
        }
        for method in ("ae", "majority")
    }
    assert under["ae"] == under["majority"]
