"""What the jobs of a workflow really load of ours: modules, and data files that they open.

An audit hook hears of all code that Python executes and of every file that it opens. A
`sitecustomize` on PYTHONPATH sets it up in every process: children, which decode, are heard too.
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

    def hear(event, values):
        if event == "exec":  # of the code of a module: not of one that is only looked for
            path = getattr(values[0], "co_filename", "")
        elif event == "open" and isinstance(values[0], str):
            path = values[0] if not values[0].endswith((".py", ".pyc")) else ""
        else:
            return
        place = os.path.realpath(path) if path else ""
        if place.startswith({roots!r}):
            tell(place)

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
    hook.write_text(HOOK.format(notes=str(notes), roots=ROOTS), encoding="utf-8")

    with patch.dict(os.environ, {"PYTHONPATH": str(hook.parent)}):
        jobs = snakemake(folder, "--configfile", str(folder / "config.yaml"))

    lines = [tuple(line.split("\t")) for line in notes.read_text("utf-8").splitlines()]
    return {
        planned.job: _loaded(
            {
                told
                for started, told in lines
                if f"pipeline.stages.{planned.job.rule} " in started
                and planned.outputs[0] in started
            }
        )
        for planned in jobs
        if planned.job.rule != "all"
    }


def _loaded(told: set[str]) -> Loaded:
    paths = {Path(name).relative_to(ROOT) for name in told}
    code = {path for path in paths if path.suffix == ".py"}
    return Loaded(
        frozenset(map(module_name, code)), frozenset(ROOT / path for path in paths - code)
    )


def module_name(path: Path) -> str:
    """The name that a source file is imported by; its path is seen from the repository."""
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")
