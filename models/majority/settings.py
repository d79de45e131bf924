"""Settings of the prior: none."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class MajoritySettings:
    """`methods.<name>.settings` of model majority: there are none."""
