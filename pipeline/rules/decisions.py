"""What decides whether a rule runs again: one string per job.

Snakemake does not see edits of imported modules, nor most edits of the configuration. So each rule
has one string param that its command does not read: JSON of exactly the configuration that decides,
with `code`, the digest of the first-party modules that it runs. Where a corpus, weights or the
cache lie is no part of it: moving a folder costs nothing.
"""

from pipeline.base.files import canonical_json, text_digest
from pipeline.base.provenance import code_digest
from pipeline.rules.corpus_stages import CorpusStages
from pipeline.rules.deciding import Stage, Wildcards
from pipeline.rules.plan import Plan
from pipeline.rules.task_stages import TaskStages


class Untracked(str):
    """A param that never makes a rule run again: Snakemake compares params by their `repr`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "untracked"


class Decisions:
    """The params of every rule of a plan."""

    def __init__(self, plan: Plan) -> None:
        self._makers = CorpusStages(plan), TaskStages(plan)
        self._stages: dict[str, Stage] = {}  # Snakemake asks often; folders are looked at once

    def key(self, rule: str, wildcards: Wildcards) -> str:
        """JSON of all that decides what a job writes, its inputs aside."""
        stage = self._stage(rule, wildcards)
        deciding = stage.settings if stage.deciding is None else stage.deciding
        return canonical_json({**deciding, "code": self.code(rule, wildcards)})

    def digest(self, rule: str, wildcards: Wildcards) -> str:
        """Sha256 of the key, short enough for a seal and a command line."""
        return text_digest(self.key(rule, wildcards))

    def settings(self, rule: str, wildcards: Wildcards) -> Untracked:
        """JSON of what a stage is handed; it may hold more than decides: places of weights."""
        return Untracked(canonical_json(self._stage(rule, wildcards).settings))

    def code(self, rule: str, wildcards: Wildcards) -> Untracked:
        """Digest of the first-party modules that a job runs."""
        return Untracked(code_digest(*self.modules(rule, wildcards)))

    def modules(self, rule: str, wildcards: Wildcards) -> tuple[str, ...]:
        """What a job runs: its stage, and modules that the stage imports by name."""
        return (f"pipeline.stages.{rule}", *self._stage(rule, wildcards).modules)

    def _stage(self, rule: str, wildcards: Wildcards) -> Stage:
        job = f"{rule} {sorted(wildcards.items())}"
        if job not in self._stages:
            (maker,) = (maker for maker in self._makers if hasattr(maker, rule))
            self._stages[job] = getattr(maker, rule)(wildcards)
        return self._stages[job]
