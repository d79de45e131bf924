"""What a stage is handed and what decides it, before it is one string (`decisions`)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Wildcards = Mapping[str, str]
Values = dict[str, Any]


@dataclass(frozen=True)
class Stage:
    """What a stage is handed and, where that says more than decides its output, what decides."""

    settings: Values
    modules: tuple[str, ...] = ()  # that it imports by name
    deciding: Values | None = None
