"""What people see of real runs of Snakemake: one that ends well, one that fails, one stopped."""

import os
import re
import signal

import pytest

from tests.pipeline.stages.durability.snakemake_runs import (
    command,
    records,
    run,
    wait_for,
    write_project,
)


@pytest.fixture
def project(tmp_path):
    return write_project(tmp_path)


def test_a_run_is_a_line_per_job_and_ends_with_the_report(project):
    status, said = run(project)
    lines = said.splitlines()
    assert status == 0
    n_jobs = int(re.search(r"^(\d+) jobs to do", said, re.MULTILINE)[1])
    told = [line for line in lines if re.match(rf" *\d+ of {n_jobs}  ", line)]
    assert len(told) == n_jobs
    assert any("talks text shard0: extract_features: 200 utterances (200 ok)" in o for o in told)
    assert lines[-1] == "The report: build/report/study/index.html"
    assert "rule " not in said
    status, said = run(project)
    assert (status, said.splitlines()[-1]) == (0, "The report: build/report/study/index.html")


def test_a_job_that_fails_is_the_last_on_the_screen(project):
    table = project / "talks/utterances.csv"
    table.write_text(table.read_text().replace("media,text", "media,text,start_s"))
    status, said = run(project)
    assert status == 1
    error, log = said.splitlines()[-2:]
    assert re.match(r"error: talks: build_manifest: .*utterances.csv", error)
    assert log.split() == ["log:", "build/logs/talks/build_manifest.txt"]
    assert "Traceback" not in said


def test_a_run_stopped_by_ctrl_c_says_how_it_goes_on(project):
    process = command(project)
    wait_for(lambda: records(project))
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(100) == 1
    last = (project / "said.txt").read_text().splitlines()[-1]
    assert re.fullmatch(r"Stopped\. \d+ of \d+ jobs are done and kept; .* on from there\.", last)
