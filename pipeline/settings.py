"""What every section of config.yaml shares: strict, frozen, and errors that name path and value."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from pipeline.errors import SettingsError as SettingsError
from pipeline.records import IDENTIFIER

Name = Annotated[str, Field(pattern=rf"^{IDENTIFIER.pattern}$")]
Share = Annotated[float, Field(ge=0, le=1)]
Rate = Annotated[float, Field(ge=0, le=0.7)]


class Section(BaseModel):
    """Base of every section: frozen, and no key that we do not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _knows_every_key(cls, values: Any) -> Any:
        """Refuse an unknown key and say which there are; `forbid` alone does not say."""
        allowed = sorted(field.alias or name for name, field in cls.model_fields.items())
        for key in values if isinstance(values, Mapping) else ():
            if key not in allowed and key not in cls.model_fields:
                raise PydanticCustomError(
                    "unknown_key",
                    "unknown key; use one of {allowed}",
                    {"key": str(key), "allowed": ", ".join(allowed)},
                )
        return values


Parsed = TypeVar("Parsed", bound=Section)


def parse_section(section: Mapping[str, Any] | str, kind: type[Parsed], *, where: str) -> Parsed:
    """Return `section` (a mapping, or its JSON) as a `kind`; `where` is its place, for messages."""
    values = _parse_json(section, where) if isinstance(section, str) else section
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        lines = (_explain(item, values, where) for item in error.errors())
        raise SettingsError("\n".join(dict.fromkeys(lines))) from None


def dump(section: Section) -> dict[str, Any]:
    """The section as plain JSON values, aliases as written in YAML."""
    return section.model_dump(mode="json", by_alias=True)


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML file without building any object but plain values."""
    import yaml

    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SettingsError(f"{path}: cannot be read as YAML: {error}") from error
    if not isinstance(values, dict):
        raise SettingsError(f"{path}: expected a mapping of sections")
    return values


def _parse_json(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise SettingsError(f"config: {where}: not JSON: {error} (value: {text:.120})") from error


def _explain(item: ErrorDetails, values: Any, where: str) -> str:
    """One line: the path in config.yaml, what is wrong there and what is allowed, the value."""
    place, message, value = list(_place(item["loc"], values)), item["msg"], item["input"]
    is_shown = item["type"] != "missing"
    if item["type"] == "unknown_key":
        key = item["ctx"]["key"]
        place, value = [*place, key], value.get(key)
    elif item["type"] == "string_pattern_mismatch":
        message = "not a name: 1 to 128 letters, digits, '.', '_' or '-', not beginning with '.'"
    elif item["type"] == "value_error" and isinstance(value, Mapping):
        message, is_shown = message.removeprefix("Value error, "), False
    path = ".".join([where, *place] if where else place)
    shown = f" (value: {value!r:.120})" if is_shown else ""
    return ": ".join(filter(None, ["config", path, message + shown]))


def _place(loc: tuple[int | str, ...], values: Any) -> Iterator[str]:
    """The parts of `loc` that stand in the file; pydantic adds the kinds of a union that it tried.

    A part that is not there is the missing key, if it comes last.
    """
    for depth, part in enumerate(loc):
        if isinstance(values, Mapping) and part in values:
            values = values[part]
        elif isinstance(values, list | tuple) and isinstance(part, int):
            values = values[part] if part < len(values) else None
        elif not (isinstance(values, Mapping) and depth == len(loc) - 1 and part != "[key]"):
            continue
        yield str(part)
