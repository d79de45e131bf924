"""Settings of the prior: none."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class PriorSettings:
    """`methods.<name>.settings` of model prior: there are none."""
