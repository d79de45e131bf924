"""What can be said of profiles/slurm without a Slurm, and of profiles/gpu without a GPU."""

import re
import subprocess
import sys

import pytest
import yaml

from tests.cluster.workflow_runs import OPTIONAL, PROFILE, ROOT, STUDY, environment

DEFAULT = ROOT / "profiles" / "default" / "profile.yaml"
SHARED = ROOT / "profiles" / "gpu" / "profile.yaml"


@pytest.fixture(scope="module")
def edited():
    """The profile with its optional lines."""
    return yaml.safe_load(OPTIONAL.sub(r"\1", PROFILE.read_text(encoding="utf-8")))


def test_what_the_default_profile_spares_a_person_is_spared_on_a_cluster_too():
    default, slurm = (yaml.safe_load(path.read_text()) for path in (DEFAULT, PROFILE))
    del default["resources"]  # GPUs of one machine
    assert default.items() <= slurm.items()


def test_the_optional_lines_give_a_gpu_to_exactly_the_rules_that_can_use_one(edited):
    text = "".join(path.read_text() for path in (ROOT / "pipeline" / "rules").glob("*.smk"))
    rules = re.findall(
        r"pipeline\.base\.own_gpu \{resources\.gpu\} python -m pipeline\.stages\.(\w+)", text
    )
    assert len(rules) > 3
    assert {rule: asked["gpu"] for rule, asked in edited["set-resources"].items()} == dict.fromkeys(
        rules, 1
    )


def test_a_dry_run_takes_the_profile_by_its_name(tmp_path):
    command = [sys.executable, "-m", "snakemake", "--dry-run", "--workflow-profile=slurm"]
    places = [f"--snakefile={ROOT / 'Snakefile'}", f"--directory={tmp_path}"]
    done = subprocess.run(
        [*command, *places, f"--configfile={STUDY}"],
        capture_output=True,
        text=True,
        env=environment(),
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert re.search(r"rule make_demo:(?s:.*?)resources: .*mem_mb=4000.*runtime=60", done.stdout)


def test_a_shared_gpu_trains_many_runs_at_once_and_extracts_alone():
    default, shared = (yaml.safe_load(path.read_text()) for path in (DEFAULT, SHARED))
    shares = shared.pop("resources")["gpu"]
    asked = shared.pop("set-resources")
    assert asked.pop("train") == {"beside": 100}  # runs that one process trains after its own
    assert asked == {rule: {"gpu": shares} for rule in ("crop_faces", "extract_features")}
    del default["resources"]
    assert shared == default


def test_a_dry_run_takes_the_profile_of_a_shared_gpu(tmp_path):
    command = [sys.executable, "-m", "snakemake", "--dry-run", "--workflow-profile=gpu"]
    places = [f"--snakefile={ROOT / 'Snakefile'}", f"--directory={tmp_path}", "--cores=16"]
    done = subprocess.run(
        [*command, *places, f"--configfile={STUDY}"],
        capture_output=True,
        text=True,
        env={**environment(), "ITEACNET_JOBS_ASK_FOR_GPU": "1"},
        check=False,
    )
    assert done.returncode == 0, done.stderr

    asked = {
        rule: int(re.search(rf"rule {rule}:(?s:.*?)resources: .*?gpu=(\d+)", done.stdout)[1])
        for rule in ("extract_features", "train", "predict")
    }
    assert asked == {"extract_features": 12, "train": 1, "predict": 1}
