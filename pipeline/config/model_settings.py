"""A method's settings, a plain dataclass, as a section of the configuration.

The dataclass says what there is (models/<method>/settings.py): types, limits, defaults, and what
each key means in the docstring below it. The section made of it checks what a user writes.
"""

from dataclasses import MISSING, asdict, fields, is_dataclass
from functools import cache
from types import UnionType
from typing import Annotated, Any, ClassVar, Union, get_args, get_origin, get_type_hints

from pydantic import Field, create_model

from models.settings import Limits
from pipeline.config.docstrings import docstrings
from pipeline.config.settings import Section


class ModelSettings(Section):
    """Base of the sections made of dataclasses."""

    made_of: ClassVar[type[Any]]

    @classmethod
    def _docstrings(cls) -> dict[str, str]:
        return {} if cls is ModelSettings else docstrings(cls.made_of)

    def typed(self) -> Any:
        """The values as the dataclass that the section was made of."""
        values = {name: getattr(self, name) for name in type(self).model_fields}
        return self.made_of(**{name: _typed(value) for name, value in values.items()})


@cache
def section_of(kind: type) -> type[ModelSettings]:
    """The section of a dataclass: strict, with its limits, defaults and docstrings."""
    types = get_type_hints(kind, include_extras=True)
    keys: dict[str, Any] = {}

    for field in fields(kind):
        default = {} if field.default is MISSING else {"default": _as_section(field.default)}
        keys[field.name] = (_checked(types[field.name]), Field(**default))

    section: type[ModelSettings] = create_model(
        kind.__name__,
        __base__=ModelSettings,
        __module__=kind.__module__,
        **keys,
    )
    section.__doc__ = kind.__doc__
    section.made_of = kind
    return section


def _typed(value: Any) -> Any:
    return value.typed() if isinstance(value, ModelSettings) else value


def _as_section(value: Any) -> Any:
    """A default: a dataclass as the section of its kind, all else as it is."""
    if is_dataclass(value) and not isinstance(value, type):
        return section_of(type(value)).model_validate(asdict(value))
    return value


def _checked(kind: Any) -> Any:
    """A type with its limits in the words of pydantic; dataclasses within as sections."""
    if is_dataclass(kind) and isinstance(kind, type):
        return section_of(kind)

    origin, inner = get_origin(kind), get_args(kind)
    if origin is Annotated:
        limits = [mark for mark in inner[1:] if isinstance(mark, Limits)]
        marks = [
            Field(**{k: v for k, v in asdict(limit).items() if v is not None}) for limit in limits
        ]
        return Annotated[(_checked(inner[0]), *marks)] if marks else kind

    if origin is tuple:
        return tuple[tuple(member if member is ... else _checked(member) for member in inner)]  # type: ignore[misc]
    if origin in (Union, UnionType):
        return Union[tuple(map(_checked, inner))]  # noqa: UP007
    return kind
