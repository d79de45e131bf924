"""The whole workflow through a real Slurm on one machine, and the same workflow without it.

It starts daemons and writes to /etc/slurm, so it runs only when asked to: `make cluster-test`. On
the way Slurm kills a job for its memory, and somebody cancels one that runs.
"""

import os
from pathlib import Path

import pytest

from tests.cluster.one_machine import ASIDE, ETC, at_work_in, slurm, what_is_missing
from tests.cluster.workflow_runs import WorkflowRun, edited_profile, jobs, somebody_cancels

KILLED, CANCELLED = "trace", "train"  # rules
ON_GPUS = {"crop_faces", "extract_features", "train", "predict", "trace"}
ON_CPUS = {"make_demo", "build_manifest", "score", "report"}
# When, where and by which command a run was, not what came out: the page and its card say it.
OF_THE_RUN = ("logs", "benchmarks", "report/index.html")
DATED = ("index.html", "study.json")
SEALS, SEAL = ".seals/", ".sha256"

pytestmark = pytest.mark.timeout(1800)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Folders of a local run and of a cluster run, and the jobs of the latter."""
    if not os.environ.get("CLUSTER_TEST"):
        pytest.skip("starts a Slurm on this machine, as root: run `make cluster-test`")
    if missing := what_is_missing():
        pytest.fail(f"Slurm cannot be started here: {missing}")
    folder = tmp_path_factory.mktemp("cluster")
    profile = edited_profile(folder / "profile", short_of_memory=KILLED)

    with (
        slurm(folder / "slurm"),
        WorkflowRun(folder / "local", "--cores=1") as local,
        somebody_cancels(CANCELLED, folder / "cluster"),
        WorkflowRun(folder / "cluster", f"--workflow-profile={profile}") as cluster,
    ):
        assert {"munged", "slurmctld", "slurmd"} < at_work_in(folder)
        cluster.finish()
        local.finish()
        return local.folder, cluster.folder, jobs()


def results(folder: Path) -> dict[str, bytes]:
    """Content of every result of a run."""
    build = folder / "build"
    files = (path for path in build.rglob("*") if path.is_file())
    names = {str(path.relative_to(build)): path for path in files}
    return {
        name: path.read_bytes()
        for name, path in names.items()
        if not name.removeprefix(SEALS).startswith(OF_THE_RUN)
        and not name.removesuffix(SEAL).endswith(DATED)
    }


def test_results_are_the_bytes_of_a_local_run(runs):
    local, cluster = (results(folder) for folder in runs[:2])
    assert local.keys() == cluster.keys()
    assert [name for name in local if local[name] != cluster[name]] == []
    assert sum(name.endswith("weights.safetensors") for name in local) == 2


def test_the_two_runs_shared_no_cache(runs):
    local, cluster = (list((folder / "cache" / "runs").iterdir()) for folder in runs[:2])
    assert {path.name for path in local} == {path.name for path in cluster}
    assert len(local) == 2


def test_heavy_rules_went_through_slurm_and_light_ones_did_not(runs):
    done = {job.rule for job in runs[2] if job.state == "COMPLETED"}
    assert done == ON_GPUS | ON_CPUS


def test_rules_that_ask_for_a_gpu_get_one_in_its_partition(runs):
    for job in runs[2]:
        wanted = (
            ("my_gpu_partition", "gres:gpu:1") if job.rule in ON_GPUS else ("my_partition", "N/A")
        )
        assert (job.partition, job.gpus) == wanted, job


def test_a_job_killed_for_its_memory_is_retried_with_more(runs):
    first, second = (job for job in runs[2] if job.rule == KILLED)
    assert (first.memory, second.memory, second.state) == ("200M", "2000M", "COMPLETED")
    (said,) = runs[1].glob(f".snakemake/slurm_logs/rule_{KILLED}/**/{first.number}.log")
    assert "exceeded memory limit" in said.read_text()


def test_a_cancelled_job_is_retried(runs):
    tries = [job for job in runs[2] if job.rule == CANCELLED]
    first, second = (job for job in tries if job.wildcards == tries[0].wildcards)
    assert (first.memory, first.state) == ("8000M", "CANCELLED")
    assert (second.memory, second.state) == ("16000M", "COMPLETED")


def test_slurm_is_gone(runs):
    assert at_work_in(runs[0].parent) == set()
    assert not list(ETC.glob(f"*{ASIDE}"))
