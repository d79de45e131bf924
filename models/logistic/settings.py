"""Settings of the linear models, one for each pattern."""

from dataclasses import dataclass

from models.linear_settings import LinearSettings
from models.vocabulary import Modality


@dataclass(frozen=True, kw_only=True)
class LogisticSettings(LinearSettings):
    """`methods.<name>.settings` of model logistic."""

    modalities: tuple[Modality, ...] = ()
    """Modalities that are read; [] = all of the task. With one, a row of a table for it alone."""
