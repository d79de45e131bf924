"""Settings of the linear models, one for each pattern."""

from dataclasses import dataclass
from typing import Literal

from models.linear_settings import LinearSettings


@dataclass(frozen=True, kw_only=True)
class LogisticSettings(LinearSettings):
    """`methods.<name>.settings` of model logistic."""

    modalities: tuple[Literal["audio", "text", "visual"], ...] = ()
    """Modalities that are read; [] = all of the task. With one, a row of a table for it alone."""
