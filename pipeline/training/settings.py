"""What the rules `train` and `predict` hand over as JSON, and the facts that decide a run."""

from typing import Annotated, Any

from pydantic import Field

from pipeline.sections.methods import MethodSettings, parse_train_rate
from pipeline.sections.tasks import ProtocolSettings, TaskSettings
from pipeline.settings import Section, dump


class LengthSettings(Section):
    """The part of `train` that decides a single run."""

    n_epochs: Annotated[int, Field(ge=1, le=10000)]
    patience: Annotated[int, Field(ge=1)] | None = None


class RunSettings(Section):
    """Sections that a run reads; `code` is the digest of the modules that it runs."""

    task: TaskSettings
    protocol: ProtocolSettings
    method: MethodSettings
    train: LengthSettings
    rates: tuple[str, ...] = ()  # predict: at which missing rates
    code: str = ""

    def validation_rates(self, train_rate: str) -> tuple[float, ...]:
        """Rates that select the epoch: the training rate if constant, else all (FACTS A.6)."""
        rate = parse_train_rate(train_rate)
        return (rate,) if isinstance(rate, float) else self.protocol.rates

    def deciding(self) -> dict[str, Any]:
        """The settings that decide weights and history, and no others."""
        protocol, method = dump(self.protocol), dump(self.method)
        return {
            "kind": self.task.kind,
            "classes": list(self.task.classes),
            "generator": protocol["generator"],
            "standardize": protocol["standardize"],
            "model": method["model"],
            "method": method["settings"],
            "train": dump(self.train),
            "code": self.code,
        }
