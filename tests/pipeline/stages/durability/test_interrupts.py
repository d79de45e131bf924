"""Ctrl-C while an extraction runs: no job goes on, and no `--unlock` is needed.

That finished records stay is tested where nothing can clean up, by `kill -9` (test_kills.py).
"""

import os
import signal

import psutil
import pytest

from tests.pipeline.stages.durability.snakemake_runs import (
    FEATURES,
    PATIENCE_S,
    command,
    run,
    wait_for,
    write_project,
)
from tests.workflow.driver import plan, rules_of

LOG = "build/logs/talks/extract_features_text_0.txt"  # made as its job begins


@pytest.mark.slow
def test_after_ctrl_c_the_same_command_goes_on(tmp_path):
    """Goes on by its plan, and by a command that takes the lock: an encoder takes long to load."""
    folder = write_project(tmp_path / "project")
    process = command(folder, str(FEATURES))
    wait_for((folder / LOG).exists)
    jobs = psutil.Process(process.pid).children(recursive=True)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    assert process.wait(PATIENCE_S) == 1
    wait_for(lambda: not any(job.is_running() for job in jobs))
    planned = plan(folder, str(FEATURES), "--configfile", str(folder / "config.yaml"))
    assert rules_of(planned) == ["extract_features", "join_features"]
    code, said = run(folder, "build/talks/utterances.csv")
    assert code == 0, said
