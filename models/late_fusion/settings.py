"""Settings of late fusion."""

from dataclasses import dataclass

from models.linear_settings import LinearSettings


@dataclass(frozen=True, kw_only=True)
class LateFusionSettings(LinearSettings):
    """`methods.<name>.settings` of model late_fusion."""
