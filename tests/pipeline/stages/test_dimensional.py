"""The demo's own valence, 1 to 5, on made features: trained, predicted and scored without a sign.

CCC is worked out here by its definition, from the files that the stages leave.
"""

import json

import numpy as np
import pandas as pd
import pytest

from demo.annotators import evaluate
from demo.script import write_script
from pipeline.base.records import Annotation
from pipeline.base.tables import write_rows
from pipeline.config.tasks import LabeledTask
from pipeline.stages import score
from tests.pipeline.conftest import draw_task
from tests.pipeline.stages.training_runs import predict_once, train_once

TASK = {
    "kind": "regression",
    "annotation": "valence",
    "scale": [1, 5],
    "folds": {"by": "sessions"},
}


def valences(n):
    """Means of two raters of the demo, for its first n labelled turns."""
    rng = np.random.default_rng(0)
    script = write_script(15, 11, 0.0, rng)
    turns = [turn for dialogue in script for turn in dialogue.turns if turn.label]
    return [evaluate(turn, rng).means[0] for turn in turns[:n]]


def ccc(frame):
    y, p = frame["target"].to_numpy(), frame["predicted"].to_numpy()
    covariance = np.cov(y, p, ddof=0)
    return 2 * covariance[0, 1] / (covariance.trace() + (y.mean() - p.mean()) ** 2)


@pytest.fixture
def files(make_task):
    made = make_task(kind="regression", n_epochs=4)
    ids = [row.utterance_id for row in made.utterances]
    values = zip(ids, valences(len(ids)), strict=True)
    rows = [Annotation(name, "valence", str(value)) for name, value in values]
    write_rows(made.folder / "annotations.csv", rows, Annotation)
    made.settings["task"] = TASK
    draw_task(made.folder, made.settings, made.modalities)
    task = LabeledTask.model_validate(TASK)
    scored = {"kind": "regression", "center": task.middle, "metrics": task.measured}
    assert scored == {"kind": "regression", "center": 3.0, "metrics": "dimensional"}
    type(made).scored_task, kept = property(lambda self: scored), type(made).scored_task
    yield made
    type(made).scored_task = kept


def test_valence_is_selected_and_scored_by_ccc(files, tmp_path, capsys):
    train_once(files, tmp_path)
    run = json.loads((tmp_path / "run.json").read_text())
    history = pd.read_csv(tmp_path / "history.csv")
    validated = history.dropna(subset="validation")
    assert run["best_epoch"] == validated.loc[validated["validation"].idxmax(), "epoch"]
    assert run["best_score"] == pytest.approx(validated["validation"].max())
    assert -1 <= run["best_score"] <= 1

    predict_once(files, tmp_path)
    score.main(
        [
            *("--task", "t", "--utterances", str(files.folder / "utterances.csv")),
            *("--labels", str(files.folder / "labels.csv")),
            *("--splits", str(files.folder / "splits.csv")),
            *("--runs", str(tmp_path / "run.json"), "--settings", json.dumps(files.scored_task)),
            *("--out", str(tmp_path / "scores.csv")),
            *("--out-reliability", str(tmp_path / "reliability.csv")),
        ]
    )
    scores = pd.read_csv(tmp_path / "scores.csv", keep_default_na=False, dtype={"rate": str})
    assert set(scores["metric"]) == {
        *("ccc", "correlation"),
        *("mean_absolute_error", "root_mean_squared_error"),
    }
    assert set(scores["method"]) == {"m", "training_mean"}

    predictions = pd.read_csv(tmp_path / "predictions.csv", dtype={"rate": str})
    assert set(predictions["target"]) <= {-2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0}
    found = scores[(scores["method"] == "m") & (scores["metric"] == "ccc")].set_index("rate")
    for rate, frame in predictions.groupby("rate"):
        assert float(found.loc[rate, "value"]) == pytest.approx(ccc(frame), abs=1e-9)
    floor = scores[(scores["method"] == "training_mean") & (scores["metric"] == "ccc")]
    assert set(map(float, floor["value"])) == {0.0}
    (row,) = pd.read_csv(tmp_path / "reliability.csv").to_dict("records")
    assert row["reason"] == "numbers on a scale have no probability"
    said = capsys.readouterr().out
    assert "100.0 %" not in said
    first = float(found.loc["0.0", "value"])
    assert f" CCC {first:.3f} at missing rate 0.0, " in said
