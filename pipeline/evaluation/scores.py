"""The row of scores.csv."""

import math
from dataclasses import dataclass

from pipeline.base.records import RecordError


@dataclass(frozen=True, slots=True)
class Score:
    """One number of the results, in long form."""

    task: str
    method: str
    fold: int
    seed: int
    train_rate: str
    rate: str  # of the paper, or the name of another condition
    selection: str
    metric: str
    value: float

    def __post_init__(self) -> None:
        if math.isinf(self.value):
            raise RecordError(f"{self.method}: {self.metric} is infinite")
