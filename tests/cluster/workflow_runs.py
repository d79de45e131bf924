"""The workflow run in folders of its own: on this machine as it is, and through its Slurm."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

import yaml

from tests.cluster.one_machine import ask

ROOT = Path(__file__).resolve().parents[2]
STUDY = Path(__file__).with_name("config.yaml")
PROFILE = ROOT / "profiles" / "slurm" / "profile.yaml"
OPTIONAL = re.compile(r"^( *)# (?=set-resources:|  \w+: \{gpu|slurm_partition:)", re.MULTILINE)
COMMENT = re.compile(r"rule_(?P<rule>\w+?)(_wildcards_(?P<wildcards>.*))?")
FIELDS = ("JobID", "State", "Partition", "MinMemory", "tres-per-job", "Comment")


@dataclass(frozen=True)
class Job:
    """A job as Slurm remembers it."""

    number: int
    rule: str
    wildcards: str
    state: str
    partition: str
    memory: str
    gpus: str


class WorkflowRun:
    """Snakemake at work in a folder, where results and caches lie too."""

    def __init__(self, folder: Path, *options: str) -> None:
        folder.mkdir()
        self.folder, self.log = folder, folder / "snakemake.txt"
        places = [f"--snakefile={ROOT / 'Snakefile'}", f"--directory={folder}"]
        command = ["-m", "snakemake", *places, f"--configfile={STUDY}", *options]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, *command], stdout=log, stderr=subprocess.STDOUT, env=environment()
            )

    def __enter__(self) -> "WorkflowRun":
        return self

    def __exit__(self, *error: object) -> None:
        if self.process.poll() is None:
            self.process.terminate()  # it ends its jobs, then itself
            self.process.wait()

    def finish(self) -> None:
        """Wait for the end, which has to be a good one."""
        status = self.process.wait()
        assert status == 0, f"{self.folder}: exit status {status}\n{self.log.read_text()[-8000:]}"


def jobs() -> list[Job]:
    """All jobs that the Slurm of this machine was given, in their order."""
    wanted = ",".join(f"{field}:|" for field in FIELDS)
    found = []
    for line in ask("squeue", "--states=all", "--noheader", f"--Format={wanted}").splitlines():
        number, state, partition, memory, gpus, comment, _ = line.split("|")
        named = COMMENT.fullmatch(comment)
        assert named, f"the comment of job {number} is not the executor plugin's: {comment!r}"
        rule, wildcards = named["rule"], named["wildcards"] or ""
        found.append(Job(int(number), rule, wildcards, state, partition, memory, gpus))
    return sorted(found, key=lambda job: job.number)


def environment() -> dict[str, str]:
    """What a person has after activating the virtual environment."""
    folders = [str(Path(sys.executable).parent), os.environ["PATH"]]
    return {**os.environ, "PATH": os.pathsep.join(folders)}


def edited_profile(folder: Path, short_of_memory: str) -> Path:
    """profiles/slurm with its optional lines, and at first too little memory for one rule."""
    profile = yaml.safe_load(OPTIONAL.sub(r"\1", PROFILE.read_text(encoding="utf-8")))
    profile["set-resources"][short_of_memory]["mem_mb"] = "200 * 10 ** (attempt - 1)"
    # This Slurm keeps no accounts, and its jobs take seconds.
    profile |= {"slurm-status-command": "squeue", "slurm-init-seconds-before-status-checks": 3}
    folder.mkdir()
    (folder / "profile.yaml").write_text(yaml.safe_dump(profile), encoding="utf-8")
    return folder


@contextmanager
def somebody_cancels(rule: str, folder: Path) -> Iterator[None]:
    """Cancel the first job of a rule once the run in `folder` is at work on that rule."""
    over = Event()

    def watch() -> None:
        while not over.wait(0.5):
            if not list(folder.glob(f"build/logs/*/{rule}_*.txt")):
                continue
            for job in jobs():
                if job.rule == rule and job.state == "RUNNING":
                    subprocess.run(["scancel", str(job.number)], check=True)
                    return

    watcher = Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()
