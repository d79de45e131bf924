"""Where numbers come from: versions, runs, commands."""


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
