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
        self._decisions = Decisions(Plan(self.config))
        self.keys = self._keys(self._decisions, self.jobs)
        self._planned: dict[frozenset[Job], set[Job]] = {}

    def after_key(self, path: str, value: Any) -> Observed:
        """What runs once a key of the configuration has another value."""
        values = changed(self.values, path, value)
        written = write_config(self.folder, values, "changed.yaml")
        planned = {one.job for one in plan(self.folder, "--configfile", str(written))}
        config = parse_config(values)
        return self._observe(config, self._keys(Decisions(Plan(config)), planned), planned)

    def after_code(self) -> Observed:
        """What runs under changed code.

        A dry run knows code by the keys of the jobs alone, so that files which change the keys of
        the same jobs share one.
        """
        keys = self._keys(self._decisions, self.jobs)
        own = frozenset(job for job in self.jobs if keys[job] != self.keys[job])
        if own not in self._planned:
            configfile = str(self.folder / "config.yaml")
            self._planned[own] = {one.job for one in plan(self.folder, "--configfile", configfile)}
        return self._observe(self.config, keys, self._planned[own])

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
