"""What the report reads of a task: scores as they were written, runs by their names."""

import pandas as pd

from pipeline.report.task_data import read_scores


def test_scores_keep_empty_text_and_nan_values(tmp_path):
    path = tmp_path / "scores.csv"
    path.write_text(
        "task,method,fold,seed,train_rate,rate,selection,metric,value\n"
        "NA,majority,0,0,,0.0,train,correlation,nan\n"
    )
    row = read_scores(path).iloc[0]
    assert (row["task"], row["train_rate"]) == ("NA", "")
    assert pd.isna(row["value"])


def test_runs_are_the_folders_that_the_plan_names(two_methods):
    build, _ = two_methods
    results = build.results()
    for method in results.methods:
        planned = {
            (build.root / run.folder, run.train_rate, run.fold, run.seed)
            for run in build.plan.runs("t")
            if run.method == method.name
        }
        found = results.all_runs(method)
        assert {(run.folder, run.train_rate, run.fold, run.seed) for run in found} == planned
        assert all(run.facts()["seed"] == run.seed for run in found)
