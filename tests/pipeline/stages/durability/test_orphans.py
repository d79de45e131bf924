"""Snakemake is killed, its job is not: it goes on beside the job of a new run.

The orphan is halted (SIGSTOP) at a chosen moment and goes on at another, so that both really write
at once. What a person has to type is what Snakemake itself demands: `snakemake --unlock`.
"""

import signal
from pathlib import Path

import psutil
import pytest

from pipeline.rules.seals import changed_files
from pipeline.tools.cache.__main__ import main as cache_command
from pipeline.tools.cache.contents import contents, problem_of
from tests.pipeline.stages.durability.snakemake_runs import (
    CONFIG,
    FEATURES,
    N_TEXTS,
    PATIENCE_S,
    command,
    encoders,
    records,
    run,
    wait_for,
    write_project,
)
from tests.workflow.driver import plan
from tests.workflow.workspaces import write_config

SHARD = Path("build/talks/shards/text/0.safetensors")
OTHER_SETTINGS = {"encoder": "minilm", "max_tokens": 8}  # our texts are longer


def leave_orphan(folder):
    """Kill Snakemake in the midst of an extraction; its job, halted."""
    process = command(folder, str(FEATURES))
    wait_for(lambda: len(records(folder)) >= 5)
    (orphan,) = (job for job in encoders(process) if job.name().startswith("python"))
    orphan.suspend()
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert len(records(folder)) < N_TEXTS
    assert orphan.status() == psutil.STATUS_STOPPED
    code, said = run(folder, str(FEATURES))
    assert code != 0
    assert "--unlock" in said
    assert run(folder, "--unlock")[0] == 0
    return orphan


def let_finish(orphan):
    bash = orphan.parent()
    orphan.resume()
    wait_for(lambda: not orphan.is_running() and not bash.is_running())


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    folder = write_project(tmp_path_factory.mktemp("undisturbed") / "project")
    code, said = run(folder, str(FEATURES))
    assert code == 0, said
    return folder


@pytest.fixture
def folder(tmp_path, undisturbed):
    return write_project(tmp_path / "project")


@pytest.mark.slow
def test_an_orphan_writes_beside_the_new_run_and_changes_nothing(folder, undisturbed, monkeypatch):
    orphan = leave_orphan(folder)
    n_before = len(records(folder))
    second = command(folder, str(FEATURES))
    wait_for(lambda: len(records(folder)) > n_before)  # its job is encoding
    let_finish(orphan)
    assert second.wait(PATIENCE_S) == 0, (folder / "said.txt").read_text()
    assert (folder / FEATURES).read_bytes() == (undisturbed / FEATURES).read_bytes()
    assert len(records(folder)) == N_TEXTS
    assert [record for record in contents(folder / "cache") if problem_of(record)] == []
    assert not list(folder.rglob(".*.part"))
    monkeypatch.chdir(folder)
    assert changed_files(thorough=True) == []
    assert plan(folder, str(FEATURES), "--configfile", str(folder / "config.yaml")) == []


@pytest.mark.slow
def test_what_an_orphan_of_other_settings_writes_later_is_noticed(
    folder, undisturbed, monkeypatch, capsys
):
    write_config(folder, {**CONFIG, "features": {"text": OTHER_SETTINGS}})
    orphan = leave_orphan(folder)
    write_config(folder, CONFIG)
    assert run(folder, str(FEATURES))[0] == 0

    right = (folder / SHARD).read_bytes()
    let_finish(orphan)
    assert (folder / SHARD).read_bytes() != right

    code, said = run(folder, str(FEATURES))
    assert code != 0
    assert f"changed since their rules wrote them: {SHARD}" in said

    monkeypatch.chdir(folder)
    cache_command(["verify", "--repair"])
    assert "1 results removed" in capsys.readouterr().out
    assert run(folder, str(SHARD), str(FEATURES))[0] == 0
    assert (folder / SHARD).read_bytes() == right
    assert (folder / FEATURES).read_bytes() == (undisturbed / FEATURES).read_bytes()
