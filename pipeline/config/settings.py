"""What every section of config.yaml shares: strict, frozen, and errors that name path and value."""

from collections.abc import Hashable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    ValidationError,
    model_validator,
)
from pydantic_core import CoreSchema

from pipeline.base.errors import SettingsError
from pipeline.base.files import load_json, one_without_capitals
from pipeline.base.records import IDENTIFIER
from pipeline.config.docstrings import docstrings
from pipeline.config.faults import BOOLEAN, Where, explain_fault, refusal, unknown_key

ClassName = Annotated[str, Field(pattern=rf"^{IDENTIFIER.pattern}$")]
# These become arguments of command lines, where "-x" is an option.
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$")]
Share = Annotated[float, Field(ge=0, le=1)]
MAX_RATE = 0.7  # more would leave an utterance of three modalities without any
# -0.0 is 0.0, and has its name in files and tables.
Rate = Annotated[float, Field(ge=0, le=MAX_RATE), AfterValidator(lambda rate: rate + 0.0)]
Many = TypeVar("Many", bound=tuple[Hashable, ...])
Table = TypeVar("Table", bound=Mapping[str, Any])


def expand_home(path: str) -> str:
    """`~` and `~name` at the beginning of a path, as a shell does it; for every path key."""
    if "\0" in path:
        raise ValueError("holds a NUL character, which no path has")
    if not path.startswith("~"):
        return path
    try:
        return str(Path(path).expanduser())
    except RuntimeError:
        user = path.partition("/")[0]
        raise ValueError(f"{user} is not a user's home; write the path out, or ./{path}") from None


def distinct(values: Many) -> Many:
    """A list in which nothing stands twice: what stands twice would be run or counted twice."""
    twice = sorted({str(value) for value in values if values.count(value) > 1})
    if twice:
        raise ValueError(f"{', '.join(twice)} stands there twice; name each once")
    return values


def apart(table: Table) -> Table:
    """Names of folders in build/: two that differ by capitals would be one where disks know none.

    An error names the later one.
    """
    if alike := one_without_capitals(table):
        raise ValueError(
            f"{alike[0]!r} and {alike[1]!r} differ by capitals alone, and name folders of build/ "
            "that are one folder on disks that know no capitals: rename one"
        )
    return table


PathText = Annotated[str, Field(min_length=1), AfterValidator(expand_home)]
Distinct = AfterValidator(distinct)
Apart = AfterValidator(apart)


class Section(BaseModel):
    """Base of every section: frozen, no key that we do not know, a docstring for every key."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _knows_every_key(cls, values: Any) -> Any:
        """Refuse an unknown key and say which there are; `forbid` alone does not say.

        Also a truth value where a number is due: it would count as 0 or 1 in silence.
        """
        if not isinstance(values, Mapping):
            return values
        fields = {field.alias or name: field for name, field in cls.model_fields.items()}
        for key, value in values.items():
            if key not in fields and key not in cls.model_fields:
                raise unknown_key(str(key), sorted(fields))
            if key in fields:
                _refuse_truth(key, value, fields[key].annotation)
        return values

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler, /
    ) -> dict[str, Any]:
        """Its schema for editors, where every key is described by its docstring."""
        schema = handler(core_schema)
        keys, told = handler.resolve_ref_schema(schema)["properties"], cls._docstrings()
        for name, field in cls.model_fields.items():
            if name in told:
                keys[field.alias or name].setdefault("description", told[name])
        return schema

    @classmethod
    def _docstrings(cls) -> dict[str, str]:
        """What its keys mean."""
        return docstrings(cls)


Parsed = TypeVar("Parsed", bound=Section)


def parse_section(
    section: Mapping[str, Any] | str,
    kind: type[Parsed],
    *,
    where: str,
    lines: Where | None = None,
) -> Parsed:
    """Return `section` (a mapping, or its JSON) as a `kind`.

    For messages: `where` is its place in the configuration, `lines` tells file and line of a place.
    """
    values = _parse_json(section, where) if isinstance(section, str) else section

    try:
        return kind.model_validate(values)
    except ValidationError as error:
        told = (explain_fault(item, values, where, lines) for item in error.errors())
        raise SettingsError("\n".join(dict.fromkeys(told))) from None


def dump(section: Section) -> dict[str, Any]:
    """The section as plain JSON values, aliases as written in YAML."""
    return section.model_dump(mode="json", by_alias=True)


def _refuse_truth(key: str, value: object, annotation: object) -> None:
    """Refuse a truth value, alone or in a list, that would be taken for a number."""
    kinds = set(_kinds(annotation))
    if bool in kinds or not kinds & {int, float}:
        return
    if isinstance(value, bool):
        raise refusal((key,), f"must be a number: {BOOLEAN}", value)
    for place, number in enumerate(value if isinstance(value, list | tuple) else ()):
        if isinstance(number, bool):
            raise refusal((key, place), f"must be a number: {BOOLEAN}", number)


def _kinds(annotation: object) -> Iterator[object]:
    """The plain types that an annotation is made of."""
    inner = [part for part in get_args(annotation) if part is not ...]
    if not inner:
        yield annotation
    for part in inner:
        yield from _kinds(part)


def _parse_json(text: str, where: str) -> Any:
    try:
        return load_json(text)
    except ValueError as error:
        raise SettingsError(f"config: {where}: not JSON: {error} (value: {text:.120})") from error
