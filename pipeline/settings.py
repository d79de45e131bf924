"""What every section of config.yaml shares: strict, frozen, and errors that name path and value."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.records import IDENTIFIER

Name = Annotated[str, Field(pattern=rf"^{IDENTIFIER.pattern}$")]
Share = Annotated[float, Field(ge=0, le=1)]
Rate = Annotated[float, Field(ge=0, le=0.7)]


class SettingsError(ValueError):
    """The configuration cannot be used; the text says where and why."""


class Section(BaseModel):
    """Base of every section: frozen, and no key that we do not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Parsed = TypeVar("Parsed", bound=Section)


def parse_section(section: Mapping[str, Any] | str, kind: type[Parsed], *, where: str) -> Parsed:
    """Return `section` (a mapping, or its JSON) as a `kind`; `where` is its place, for messages."""
    values = json.loads(section) if isinstance(section, str) else section
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise SettingsError(_explain(error, where)) from None


def dump(section: Section) -> dict[str, Any]:
    """The section as plain JSON values, aliases as written in YAML."""
    return section.model_dump(mode="json", by_alias=True)


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML file without building any object but plain values."""
    import yaml

    values = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(values, dict):
        raise SettingsError(f"{path}: expected a mapping of sections")
    return values


def _explain(error: ValidationError, where: str) -> str:
    lines = []
    for item in error.errors():
        place = ".".join([where, *map(str, item["loc"])] if where else map(str, item["loc"]))
        message = item["msg"].removeprefix("Value error, ")
        if item["type"] == "extra_forbidden":
            message = "unknown key"
        shown = "" if item["type"] == "missing" else f" (value: {item['input']!r:.120})"
        lines.append(f"config: {place or 'configuration'}: {message}{shown}")
    return "\n".join(lines)
