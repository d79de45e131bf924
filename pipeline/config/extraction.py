"""How features were made: told by run.json, so that recordings to be labelled are encoded likewise.

Values as they were in the configuration. A run.json may be a stranger's, and to parse its sections
may import an encoder that is a module outside this repository: who does asks `own_modules` first.
"""

from collections.abc import Iterator
from typing import Any

from models.own_modules import is_own
from pipeline.base.records import Modality
from pipeline.config.settings import Section


class Extraction(Section):
    """Sections of the configuration that made the features of a run's task."""

    features: dict[Modality, dict[str, Any]]
    """`features.<modality>` of what the task uses."""
    crop_faces: dict[str, Any] | None = None
    """`crop_faces`, where it uses faces."""

    def own_modules(self) -> Iterator[str]:
        """Encoders that are modules outside this repository."""
        names = (str(section.get("encoder", "")) for section in self.features.values())
        return filter(is_own, names)
