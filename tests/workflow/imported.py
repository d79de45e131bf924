"""What the jobs of a workflow really load of ours: modules, and data files that they open.

A finder that finds nothing hears of every import, an audit hook of every file that Python opens. A
`sitecustomize` on PYTHONPATH sets both up in every process: children, which decode, are heard too.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from tests.workflow.driver import ROOT, Job, snakemake

TOPS = ("pipeline", "models", "demo")
ROOTS = tuple(f"{ROOT / top}/" for top in TOPS)
HOOK = """
import os, sys

if "STAGE" not in os.environ and "pipeline.stages." in " ".join(sys.orig_argv):
    os.environ["STAGE"] = " ".join(sys.orig_argv)  # what starts it may be another program
if "STAGE" in os.environ:
    notes = os.open({notes!r}, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def tell(what):
        os.write(notes, f"{{os.environ['STAGE']!r}}\\t{{what}}\\n".encode())

    class Finder:
        @staticmethod
        def find_spec(name, path=None, target=None):
            if name.split(".")[0] in {tops!r}:
                tell(name)

    def hear(event, values):
        if event == "open" and isinstance(values[0], str):
            path = os.path.realpath(values[0])
            if path.startswith({roots!r}) and not path.endswith((".py", ".pyc")):
                tell(path)

    sys.meta_path.insert(0, Finder)
    sys.addaudithook(hear)
"""


@dataclass(frozen=True)
class Loaded:
    """Of one job: names of modules, and paths of data."""

    modules: frozenset[str]
    data: frozenset[Path]


def run_and_hear(folder: Path) -> dict[Job, Loaded]:
    """Run the workflow of `folder`; what each of its jobs loaded of ours."""
    notes, hook = folder / "loaded.txt", folder / "hook/sitecustomize.py"
    hook.parent.mkdir()
    hook.write_text(HOOK.format(notes=str(notes), tops=TOPS, roots=ROOTS), encoding="utf-8")
    with patch.dict(os.environ, {"PYTHONPATH": str(hook.parent)}):
        jobs = snakemake(folder, "--configfile", str(folder / "config.yaml"))
    lines = [tuple(line.split("\t")) for line in notes.read_text("utf-8").splitlines()]
    return {
        one.job: _loaded(
            {
                told
                for started, told in lines
                if f"pipeline.stages.{one.job.rule} " in started and one.outputs[0] in started
            }
        )
        for one in jobs
        if one.job.rule != "all"
    }


def _loaded(told: set[str]) -> Loaded:
    paths = {name for name in told if name.startswith("/")}
    return Loaded(frozenset(told - paths), frozenset(map(Path, paths)))
