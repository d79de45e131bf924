"""`kill -9` at random moments of cropping, extraction and training; then the same command again.

Moments are drawn from `random.Random(SEED)`, evenly over the time that the undisturbed stage takes
once its modules are imported. `make test` kills 10 times; the whole test of 50 kills, about two
minutes on one core, is

    KILLS=50 pytest tests/pipeline/stages/durability/test_kills.py
"""

import os
import random
import signal
import time
from itertools import count

import pytest

from tests.pipeline.stages.durability.processes import finish, kill_after, start

SEED = 6
KILLS = int(os.environ.get("KILLS", "10"))
WORK = ("cropping", "audio", "text", "visual", "training")


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("what", WORK)
def test_killed_work_goes_on_and_ends_with_the_same_bytes(work, what, tmp_path):
    job = work(what)
    whole, seconds = undisturbed(job, tmp_path)
    rng = random.Random(f"{SEED} {what}")
    n_kills = 0

    for number in count():
        folder = tmp_path / f"killed{number}"
        folder.mkdir()
        while n_kills < -(-KILLS // len(WORK)):
            process = start(folder, job.stage, job.arguments(folder))
            if kill_after(process, rng.uniform(0, seconds)) == 0:
                break
            assert process.exitcode == -signal.SIGKILL
            n_kills += 1
            assert_nothing_half_written(job.result(folder), whole)
        else:
            assert finish(start(folder, job.stage, job.arguments(folder))) == 0
            assert job.result(folder) == whole
            return
        assert job.result(folder) == whole


def undisturbed(job, tmp_path):
    """What the work leaves, and the time that it takes where others have run before."""
    for name in ("first", "whole"):
        folder = tmp_path / name
        folder.mkdir()
        begin_s = time.monotonic()
        assert finish(start(folder, job.stage, job.arguments(folder))) == 0
    return job.result(folder), time.monotonic() - begin_s


def assert_nothing_half_written(found, whole):
    """Every file is what it becomes in the end; checkpoints alone come and go."""
    for name, content in found.items():
        if not name.endswith("checkpoint.safetensors"):
            assert content == whole[name], name
