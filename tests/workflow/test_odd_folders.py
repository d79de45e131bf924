"""The project may lie in any folder, and what else lies there is no part of a job."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pipeline.stages.durability.snakemake_runs import write_project
from tests.workflow.driver import ROOT

PARTS = ("Snakefile", "pipeline", "models", "demo", "profiles")


@pytest.mark.parametrize("name", ["its {x}", "its:x", "it's $HOME;e"])
def test_jobs_find_their_code_and_run_no_other(tmp_path, name):
    project = write_project(tmp_path / name)
    for part in PARTS:
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        copy(ROOT / part, project / part)
    for module in ("queue", "select", "json", "types", "random"):
        (project / f"{module}.py").write_text("raise SystemExit('this was executed')")
    programs = Path(sys.executable).parent  # as where nobody has activated the environment
    environment = {**os.environ, "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [programs / "snakemake", "--cores", "1", "build/talks/utterances.csv"],
        cwd=project, env=environment, capture_output=True, text=True, check=False, timeout=200,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "build_manifest: 200 utterances" in done.stderr
