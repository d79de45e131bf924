"""Real processes take, hold, share and give back GPUs that CUDA is told of; none need exist."""

import os
import signal
import subprocess
import sys
from collections import Counter

import pytest

TELL = "import os, sys; print(os.environ['CUDA_VISIBLE_DEVICES'], flush=True); sys.stdin.read()"


@pytest.fixture
def start(tmp_path):
    """Starts a job that says which GPUs it sees, and holds on until it is ended."""
    jobs = []

    def start(visible, gpus="1"):
        environment = {**os.environ, "TMPDIR": str(tmp_path), "CUDA_VISIBLE_DEVICES": visible}
        command = [sys.executable, "-m", "pipeline.base.own_gpu", gpus, sys.executable, "-c", TELL]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        job = subprocess.Popen(command, env=environment, text=True, **pipes)
        jobs.append(job)
        lines = iter(job.stdout.readline, "")
        return job, next(line.strip() for line in lines if not line.startswith("on GPU"))

    yield start
    for job in jobs:
        job.kill()
        job.communicate()


def test_jobs_side_by_side_have_a_gpu_each(start):
    assert sorted(start("0,1,GPU-8f/1")[1] for _ in range(3)) == ["0", "1", "GPU-8f/1"]


def test_a_killed_job_gives_its_gpu_back(start):
    (first, held), (_, other) = start("0,1"), start("0,1")
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert held != other
    assert start("0,1")[1] == held


def test_more_jobs_than_gpus_share_them_evenly(start):
    assert Counter(start("0,1")[1] for _ in range(4)) == {"0": 2, "1": 2}


def test_a_job_of_several_shares_counts_as_so_many(start):
    heavy = start("0,1", gpus="3")[1]
    light = [start("0,1")[1] for _ in range(3)]
    assert heavy not in light
    assert Counter(start("0,1")[1] for _ in range(2)) == {"0": 1, "1": 1}


def test_what_a_scheduler_gave_is_kept(start):
    assert [start("3")[1], start("3")[1]] == ["3", "3"]


def test_a_job_that_asks_for_none_sees_none(start):
    assert start("0,1", gpus="0")[1] == ""


def test_the_commands_exit_status_is_the_jobs():
    command = [sys.executable, "-m", "pipeline.base.own_gpu", "0", sys.executable, "-c", "exit(7)"]
    assert subprocess.run(command, check=False).returncode == 7


@pytest.mark.parametrize("arguments", [["python", "-m", "x"], ["1"], ["-1", "true"], []])
def test_a_wrong_command_line_says_how_it_goes(arguments):
    command = [sys.executable, "-m", "pipeline.base.own_gpu", *arguments]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 1
    assert "usage: python -m pipeline.base.own_gpu" in done.stderr
