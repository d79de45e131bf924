"""Stage train in processes of its own: killed at random moments, and what it loads."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from models.registry import our_methods
from tests.pipeline.stages.training_runs import (
    predict_arguments,
    train_arguments,
    train_once,
)
from tests.small_methods import small_method

ROOT = Path(__file__).resolve().parents[3]
MODELS = our_methods()
RUN_STAGES = """
import importlib, json, sys
for stage, arguments in json.loads(sys.argv[1]):
    importlib.import_module(f"pipeline.stages.{stage}").main(arguments)
sys.exit(sys.argv[2] in sys.modules)
"""


@pytest.mark.slow
def test_a_run_killed_at_random_moments_ends_with_the_same_bytes(make_task, tmp_path):
    """Other learners are stopped after chosen epochs in training/test_loop.py."""
    files = make_task(method=small_method("iteacnet"), n_epochs=40)
    whole = train_once(files, tmp_path / "whole", rate="random")
    out = tmp_path / "killed"
    arguments = [*train_arguments(files, out, rate="random"), "--checkpoint-every", "0"]
    rng = random.Random(5)

    for _ in range(2):
        process = start_python(tmp_path, "-m", "pipeline.stages.train", *arguments)
        seen = checkpoint_time(out)
        while process.poll() is None and checkpoint_time(out) == seen:
            time.sleep(0.002)
        time.sleep(rng.uniform(0, 0.2))
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    assert train_once(files, out, rate="random") == whole
    assert not list((out / "cache").rglob("checkpoint*"))


@pytest.mark.slow
def test_training_loads_no_compiler_and_reuse_no_torch(make_task, tmp_path):
    """Seconds of every process, which is what a run on small data takes."""
    stages = []
    for model in MODELS:
        files, out = make_task(method=small_method(model), n_epochs=1), tmp_path / model
        stages.append(("train", train_arguments(files, out)))
        stages.append(("predict", predict_arguments(files, out)))
    for some, unwanted in ((stages, "torch._dynamo"), (stages[:1], "torch")):
        process = start_python(tmp_path, "-c", RUN_STAGES, json.dumps(some), unwanted)
        assert process.wait() == 0
    assert all((tmp_path / model / "predictions.csv").is_file() for model in MODELS)


def start_python(folder, *arguments):
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    quiet = subprocess.DEVNULL
    command = [sys.executable, *arguments]
    return subprocess.Popen(command, cwd=folder, env=environment, stdout=quiet, stderr=quiet)


def checkpoint_time(out):
    found = list((out / "cache").rglob("checkpoint.safetensors"))
    return found[0].stat().st_mtime_ns if found else None
