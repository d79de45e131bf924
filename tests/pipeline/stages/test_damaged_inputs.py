"""Damaged features, weights and notes of a run end every stage that reads them in one line."""

import json
import subprocess
import sys

import pytest

from pipeline.base.arrays import read_arrays, write_arrays
from tests.modules import ROOT
from tests.pipeline.stages.training_runs import (
    predict_arguments,
    train_arguments,
    train_once,
)
from tests.small_methods import small_method


@pytest.fixture
def trained(make_task, tmp_path):
    """Files of a task and a run of ITEACNet on it."""
    files = make_task(method=small_method("iteacnet"), n_epochs=1)
    train_once(files, tmp_path)
    return files


def trace_arguments(files, out):
    settings = {
        **{"task": files.scored_task, "method": small_method("iteacnet")},
        **{"rates": ["0.0", "0.3"], "dialogue": None},
    }
    return [
        *files.arguments(),
        *("--weights", str(out / "weights.safetensors"), "--run", str(out / "run.json")),
        *("--settings", json.dumps(settings), "--fold", "1", "--device", "cpu"),
        *("--out", str(out / "trace.safetensors")),
    ]


ARGUMENTS = {"train": train_arguments, "predict": predict_arguments, "trace": trace_arguments}


def cut_features(files, folder):
    path = next(path for path in folder.rglob("*.safetensors") if path.stem == "text")
    path.write_bytes(path.read_bytes()[:-9])


def cut_weights(files, folder):
    path = folder / "weights.safetensors"
    path.write_bytes(path.read_bytes()[:-9])


def drop_weights(files, folder):
    arrays, header = read_arrays(folder / "weights.safetensors")
    arrays.pop(next(name for name in arrays if name.endswith("classifier.bias")))
    write_arrays(folder / "weights.safetensors", arrays, header)


def cut_facts(files, folder):
    path = folder / "run.json"
    path.write_bytes(path.read_bytes()[:40])


CASES = [
    ("train", cut_features, "text.safetensors"),
    *((stage, cut_features, "text.safetensors") for stage in ("predict", "trace")),
    *((stage, cut_weights, "weights.safetensors") for stage in ("predict", "trace")),
    *((stage, drop_weights, "weights.safetensors") for stage in ("predict", "trace")),
    *((stage, cut_facts, "run.json") for stage in ("predict", "trace")),
]


@pytest.mark.parametrize(
    ("stage", "damage", "named"), CASES, ids=[f"{case[0]}-{case[1].__name__}" for case in CASES]
)
def test_what_is_damaged_is_named_in_one_line(stage, damage, named, trained, tmp_path):
    damage(trained, tmp_path)
    command = [sys.executable, "-B", "-m", f"pipeline.stages.{stage}"]
    ended = subprocess.run(
        [*command, *ARGUMENTS[stage](trained, tmp_path)],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert ended.returncode == 1, ended.stderr
    assert "Traceback" not in ended.stderr
    (line,) = [row for row in ended.stderr.splitlines() if row.startswith("error: ")]
    assert named in line
