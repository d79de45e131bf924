"""How corpora spell the three roles of a split (`records.Role`)."""

from collections.abc import Mapping
from typing import Final

from pipeline.base.records import ROLES, Role

# In small letters, as readers look them up.
ROLE_NAMES: Final[Mapping[str, Role]] = {role: role for role in ROLES} | {
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
}
