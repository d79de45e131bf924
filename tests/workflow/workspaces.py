"""Folders in which a whole workflow counts as done, though nothing was computed.

Every file that a dry run names is made, each with content of its own, until nothing is missing;
`snakemake --touch` then records that all of it belongs to the present configuration and code, and
seals say the same.
"""

import shutil
from contextlib import chdir
from pathlib import Path
from typing import Any

import yaml

from pipeline.base.files import file_digest
from pipeline.config.configuration import parse_config
from pipeline.rules.decisions import Decisions
from pipeline.rules.plan import Plan
from pipeline.rules.seals import seal_path
from tests.workflow.driver import ROOT, Job, plan, snakemake

SMALL_DEMO = {
    "reader": "iemocap",
    "root": "build/demo/raw",
    "make_demo": {"seed": 0, "n_dialogues": 5, "n_turns": 2, "incomplete": 0.0},
}
MOODS = {"good": ["hap", "exc", "neu"], "bad": ["sad", "ang"]}
CODE = ("pipeline", "models", "demo")


def write_config(folder: Path, config: dict[str, Any], name: str = "config.yaml") -> Path:
    """The name of the study is `study` unless said: that of a file would be another for each."""
    path = folder / name
    values = {**config, "report": {"name": "study", **config.get("report", {})}}
    path.write_text(yaml.safe_dump(values, sort_keys=False), encoding="utf-8")
    return path


def finish(folder: Path) -> set[Job]:
    """Make the workflow of folder/config.yaml count as done; return all of its jobs."""
    configfile = ("--configfile", str(folder / "config.yaml"))
    made_by: dict[Job, tuple[str, ...]] = {}
    while True:
        planned = plan(folder, *configfile)
        made = [_make(folder / path) for step in planned for path in step.outputs]
        made_by |= {step.job: step.outputs for step in planned}
        if not any(made):
            break
    snakemake(folder, "--touch", "--forceall", *configfile)
    seal(folder, made_by)
    assert plan(folder, *configfile) == []
    return set(made_by)


def seal(folder: Path, made_by: dict[Job, tuple[str, ...]]) -> None:
    """Write the seals of jobs, as pipeline/rules/job.sh does, for the present configuration."""
    values = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))
    decisions = Decisions(Plan(parse_config(values)))
    with chdir(folder):
        for job, outputs in made_by.items():
            files = [path for name in outputs for path in (Path(name), *Path(name).rglob("*"))]
            rows = [f"{file_digest(path)}  {path}" for path in files if path.is_file()]
            decision = f"# decision {decisions.digest(job.rule, dict(job.wildcards))}"
            path = seal_path(Path(outputs[0]))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("\n".join([decision, *rows, ""]), encoding="utf-8")


def copy_code(target: Path) -> Path:
    """Our modules and their data, to be changed freely."""
    for name in CODE:
        shutil.copytree(
            ROOT / name, target / name, ignore=shutil.ignore_patterns("__pycache__", "*.smk")
        )
    return target


def _make(path: Path) -> bool:
    if path.exists():
        return False
    if path.suffix:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{path}\n")
    else:
        path.mkdir(parents=True)
    return True
