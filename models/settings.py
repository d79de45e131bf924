"""What the settings of a method are made of: plain types with limits, in frozen dataclasses.

Nothing but the standard library: settings are read where a configuration is checked, without torch.
Limits are kept by whoever reads a configuration (`pipeline.config.model_settings`); a learner is
given values that keep them.
"""

from dataclasses import dataclass
from typing import Annotated


@dataclass(frozen=True)
class Limits:
    """What a number must keep, as a mark of its type: `Annotated[float, Limits(gt=0)]`."""

    ge: float | None = None
    gt: float | None = None
    le: float | None = None
    lt: float | None = None


Positive = Annotated[float, Limits(gt=0)]
Weight = Annotated[float, Limits(ge=0)]
Dropout = Annotated[float, Limits(ge=0, lt=1)]
Count = Annotated[int, Limits(ge=1)]
