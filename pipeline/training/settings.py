"""What the rules `train` and `predict` hand over as JSON, and the facts that decide a run."""

from typing import Annotated, Any

from pydantic import Field

from models.vocabulary import Selection
from pipeline.config.about import Provenance
from pipeline.config.conditions import parse_condition
from pipeline.config.extraction import Extraction
from pipeline.config.methods import STRATEGIES, MethodSettings, parse_train_rate
from pipeline.config.settings import Rate, Section, dump
from pipeline.config.tasks import GeneratorName, ScoredTask


class LengthSettings(Section):
    """The part of `train` that decides a single run."""

    n_epochs: Annotated[int, Field(ge=1, le=10000)]
    patience: Annotated[int, Field(ge=1)] | None = None
    keep: Selection = "best"


class WithheldSettings(Section):
    """The part of `protocol` that decides a single run."""

    generator: GeneratorName = "gcnet"
    standardize: bool = False
    rates: tuple[Rate, ...] = ()  # validated at, where the training rate is a strategy


class PredictSettings(Section):
    """What prediction reads."""

    task: ScoredTask
    method: MethodSettings
    rates: tuple[str, ...]
    keep: Selection = "best"  # last: the validation role is not to be trusted, by `train.keep`


class RunSettings(Section):
    """What training reads."""

    task: ScoredTask
    protocol: WithheldSettings
    method: MethodSettings
    train: LengthSettings
    corpus: Provenance | None = None  # for run.json: decides nothing
    extraction: Extraction | None = None  # likewise: the features that it made decide

    def validation_rates(self, train_rate: str) -> tuple[str, ...]:
        """Rates that select the epoch: the training rate if constant, else all (reading.md A.6)."""
        if parse_train_rate(train_rate) in STRATEGIES:
            return tuple(str(rate) for rate in self.protocol.rates)
        return (parse_condition(train_rate).name,)

    def deciding(self, code: str) -> dict[str, Any]:
        """The settings that decide weights and history, and the digest of the code that runs."""
        method, weights = dump(self.method), self.task.class_weights
        # Only where they are asked for: the key of every other run is what it always was.
        weighed = {} if weights is None else {"class_weights": weights}
        return {
            **weighed,
            "kind": self.task.kind,
            "classes": list(self.task.classes),
            "score": self.task.main_score,
            "generator": self.protocol.generator,
            "standardize": self.protocol.standardize,
            "model": method["model"],
            "method": method["settings"],
            "train": dump(self.train),
            "code": code,
        }

    def told(self) -> dict[str, Any]:
        """What run.json holds beside the run's key, for who reads its labels or numbers."""
        told: dict[str, Any] = {}
        if self.corpus is not None:
            told["corpus"] = dump(self.corpus)
        if self.extraction is not None:
            told["extraction"] = dump(self.extraction)
        if self.task.kind == "regression":
            told["center"] = self.task.center
        return told
