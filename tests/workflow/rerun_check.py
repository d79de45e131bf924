"""What a change makes run, asked of Snakemake's dry run in the states of the rerun table."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.base import provenance
from pipeline.config.configuration import Config, parse_config
from pipeline.config.settings import dump
from pipeline.features.weights import locating as weights
from pipeline.rules.decisions import Decisions
from pipeline.rules.plan import Plan
from tests.workflow.driver import Job, plan
from tests.workflow.rerun_states import STATES, sources, write_inputs
from tests.workflow.rerun_table import Verdicts, changed
from tests.workflow.workspaces import copy_code, finish, write_config


@dataclass(frozen=True)
class Observed:
    """All jobs with their verdicts and the names of what their data comes from."""

    verdicts: Verdicts
    names: dict[Job, set[str]]


class State:
    """One finished workflow: its folder, its jobs, and what decides each."""

    def __init__(self, folder: Path, values: dict[str, Any]) -> None:
        self.folder = folder
        self.values = values
        self.config = parse_config(values)
        write_inputs(folder)
        write_config(folder, values)
        self.jobs = finish(folder)
        self.keys = self._keys(Decisions(Plan(self.config)), self.jobs)
        self._planned: dict[tuple[str, frozenset[Job]], set[Job]] = {}

    def after_key(self, path: str, value: Any) -> Observed:
        """What runs once a key of the configuration has another value.

        A dry run knows what only decides jobs by their keys, so that values which change the keys
        of the same jobs, and nothing that the jobs are made from, share one.
        """
        values = changed(self.values, path, value)
        config = parse_config(values)
        decisions = Decisions(Plan(config))
        if shape(config) != shape(self.config):
            planned = self._plan(values)
            return self._observe(config, self._keys(decisions, planned), planned)
        keys = self._keys(decisions, self.jobs)
        same = shape(config), frozenset(job for job in self.jobs if keys[job] != self.keys[job])
        if same not in self._planned:
            self._planned[same] = self._plan(values)

        return self._observe(config, keys, self._planned[same])

    def _plan(self, values: dict[str, Any]) -> set[Job]:
        """The jobs that Snakemake's dry run names; the report says which file it is told by."""
        written = write_config(self.folder, values)
        try:
            return {planned.job for planned in plan(self.folder, "--configfile", str(written))}
        finally:
            write_config(self.folder, self.values)

    def _observe(self, config: Config, keys: dict[Job, str], planned: set[Job]) -> Observed:
        jobs = self.jobs | planned
        own = {job for job in planned if self.keys.get(job) != keys[job]}
        return Observed(
            {j: "own" if j in own else "follows" if j in planned else "none" for j in jobs},
            {job: sources(config if job in planned else self.config, job) for job in jobs},
        )

    def _keys(self, decisions: Decisions, jobs: set[Job]) -> dict[Job, str]:
        """What decides each job, seen from the folder where Snakemake would run."""
        with chdir(self.folder):
            return {job: decisions.key(job.rule, dict(job.wildcards)) for job in jobs}


def shape(config: Config) -> str:
    """All that may say which jobs there are and what they read.

    That is everything but what rules hand on unread: settings of methods, encoders and faces, the
    length of training, the looks of the report.
    """
    values = dump(config)
    for method in values["methods"].values():
        del method["settings"], method["by_rate"]
    for section in ("features", "crop_faces", "report"):
        del values[section]
    for key in ("n_epochs", "patience", "keep"):
        del values["train"][key]
    return repr(values)


@contextmanager
def states() -> Iterator[Callable[[str], State]]:
    """Give states by name, each made when it is first asked for, on a copy of our code."""
    root = provenance.ROOT
    with tempfile.TemporaryDirectory() as folder:
        provenance.ROOT = copy_code(Path(folder, "code"))
        forget_code()

        @cache
        def state(name: str) -> State:
            place = Path(folder, name)
            place.mkdir()
            return State(place, STATES[name])

        try:
            yield state
        finally:
            provenance.ROOT = root
            forget_code()


@contextmanager
def edited(name: str) -> Iterator[Path]:
    """A module with one statement more, or a data file with one byte more, in the copy."""
    path = provenance.ROOT / name
    before = path.read_bytes()
    path.write_bytes(before + (b"\nEDITED = 1\n" if path.suffix == ".py" else b"x"))
    forget_code()
    try:
        yield path
    finally:
        path.write_bytes(before)
        forget_code()


def forget_code() -> None:
    """Code and weights are taken to stay as they are while Snakemake runs."""
    provenance.forget()
    weights._fingerprint.cache_clear()
