"""Snakemake in this process: a start costs seconds, a plan then a fraction of one.

The command line is parsed as `snakemake` does it, the default profile included; what is planned or
run comes from its log events.
"""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from snakemake.cli import args_to_api, parse_args
from snakemake.logging import logger

ROOT = Path(__file__).resolve().parents[2]


class WorkflowFailed(RuntimeError):
    """Snakemake ended with an error; the text holds all that it said."""


@dataclass(frozen=True)
class Job:
    """One job of a plan or a run."""

    rule: str
    wildcards: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        return f"{self.rule}[{', '.join(value for _, value in self.wildcards)}]"


@dataclass(frozen=True)
class Planned:
    """A job with Snakemake's reason and the files that it writes."""

    job: Job
    reason: str
    outputs: tuple[str, ...]


class _Listener(logging.Filter):
    """Takes notes of every log record and lets none through."""

    def __init__(self) -> None:
        super().__init__()
        self.jobs: list[Planned] = []
        self.messages: list[str] = []

    def filter(self, record: logging.LogRecord) -> bool:
        event = getattr(record, "event", None)
        if event is not None and event.name == "JOB_INFO":
            wildcards = tuple(sorted(dict(record.wildcards or {}).items()))
            job = Job(record.rule_name, wildcards)
            self.jobs.append(Planned(job, record.reason, tuple(record.output)))
        else:
            self.messages.append(record.getMessage())
        return False


def snakemake(folder: Path, *arguments: str, snakefile: Path = ROOT / "Snakefile") -> list[Planned]:
    """Run `snakemake ARGUMENTS` in `folder`; the jobs that it planned or ran."""
    listener = _Listener()
    command = ["--snakefile", str(snakefile), "--directory", str(folder), "--cores", "2"]
    parser, parsed = parse_args([*command, *arguments])
    with _environment():
        logger.addFilter(listener)
        try:
            succeeded = args_to_api(parsed, parser)
        finally:
            logger.removeFilter(listener)
    if not succeeded:
        raise WorkflowFailed("\n".join(listener.messages))
    return listener.jobs


def plan(folder: Path, *arguments: str) -> list[Planned]:
    """What a dry run says would run, less the rule `all`, which does nothing."""
    return [
        planned
        for planned in snakemake(folder, "--dry-run", *arguments)
        if planned.job.rule != "all"
    ]


def rules_of(jobs: list[Planned]) -> list[str]:
    """Names of the rules, one per job, sorted."""
    return sorted(planned.job.rule for planned in jobs)


@contextmanager
def _environment() -> Iterator[None]:
    """The Snakefile changes the import path and the variables."""
    paths, variables = list(sys.path), dict(os.environ)
    try:
        yield
    finally:
        sys.path[:] = paths
        os.environ.clear()
        os.environ.update(variables)
