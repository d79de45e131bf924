"""Snakemake itself in a process, extracting the texts of a small project."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

from tests.workflow.driver import ROOT
from tests.workflow.workspaces import write_config

N_TEXTS = 200
FEATURES = Path("build/talks/features/text.safetensors")
CONFIG = {
    "shards": 1,
    "corpora": {"talks": {"reader": "folder", "root": "talks"}},
    "features": {"text": {"encoder": "minilm"}},
    "tasks": {},
    "train": {"methods": []},
}
PATIENCE_S = 200


def write_project(folder):
    (folder / "talks").mkdir(parents=True)
    (folder / "talks/a.mp4").write_bytes(b"never decoded")
    rows = [f"u{n},d,a.mp4,what a long day it was until number {n} came by" for n in range(N_TEXTS)]
    (folder / "talks/utterances.csv").write_text(
        "\n".join(["utterance_id,dialogue_id,media,text", *rows])
    )
    write_config(folder, CONFIG)
    return folder


def command(folder, *words):
    program = [str(Path(sys.executable).with_name("snakemake")), "--cores", "2"]
    files = ["--snakefile", str(ROOT / "Snakefile"), "--configfile", str(folder / "config.yaml")]
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    # Not a pipe: an orphan would die of one whose reader is gone.
    with (folder / "said.txt").open("w") as said:
        return subprocess.Popen(
            [*program, *files, "--directory", str(folder), *words],
            env={**environment, "OMP_NUM_THREADS": "1"},
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_hear_interrupts,
        )


def _hear_interrupts():
    """Background jobs of a shell are born deaf to SIGINT, and so are their children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def run(folder, *words):
    process = command(folder, *words)
    return process.wait(PATIENCE_S), (folder / "said.txt").read_text()


def records(folder):
    return [path for path in (folder / "cache/text").rglob("*.safetensors") if path.name[0] != "."]


def wait_for(happened):
    deadline = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def encoders(process):
    """The processes that run a stage below another process."""
    below = psutil.Process(process.pid).children(recursive=True)
    return [process for process in below if "pipeline.stages.extract_features" in process.cmdline()]
