"""Folders in which a whole workflow counts as done, though nothing was computed.

Every file that a dry run names is made, each with content of its own, until nothing is missing;
`snakemake --touch` then records that all of it belongs to the present configuration and code.
"""

import shutil
from pathlib import Path
from typing import Any

import yaml

from tests.workflow.driver import ROOT, Job, plan, snakemake

CODE = ("pipeline", "models")


def write_config(folder: Path, config: dict[str, Any], name: str = "config.yaml") -> Path:
    path = folder / name
    path.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    return path


def finish(folder: Path) -> set[Job]:
    """Make the workflow of folder/config.yaml count as done; return all of its jobs."""
    configfile = ("--configfile", str(folder / "config.yaml"))
    jobs: set[Job] = set()
    while True:
        planned = plan(folder, *configfile)
        made = [_make(folder / path) for one in planned for path in one.outputs]
        jobs |= {one.job for one in planned}
        if not any(made):
            break
    snakemake(folder, "--touch", "--forceall", *configfile)
    assert plan(folder, *configfile) == []
    return jobs


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
