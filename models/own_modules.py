"""A module of your own: outside this repository, named with a dot in it (`my_package.my_module`).

It is looked for on Python's path and, after all else, in the working folder, so that a file there
stands in for no other module. Nothing here imports torch; a module of your own may.
"""

import re
import sys
import traceback
from dataclasses import MISSING, fields, is_dataclass
from importlib import import_module
from types import ModuleType
from typing import Any, TypeVar

OWN = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+")
SHOWN = " (docs/extend.md shows a whole one)"
Kind = TypeVar("Kind")
WORKING_FOLDER = ""  # as an entry of Python's path


class OwnModuleError(ValueError):
    """There is no such module, or it is not what it should be; the text names it."""


def is_own(name: str) -> bool:
    """Whether a name means a module outside this repository."""
    return OWN.fullmatch(name) is not None


def import_own(name: str) -> ModuleType:
    """The module of that name. Raises OwnModuleError."""
    if WORKING_FOLDER not in sys.path:
        sys.path.append(WORKING_FOLDER)
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        raise OwnModuleError(_not_found(name, error.name or "")) from None
    except Exception as error:  # whatever a module raises that is run for the first time
        place = traceback.extract_tb(error.__traceback__)[-1].filename
        said = f"{type(error).__name__}: {error} ({place})"
        raise OwnModuleError(f"{name} cannot be imported: {said}") from None


def entry_of(module: ModuleType, entry: str, kind: type[Kind]) -> Kind:
    """What a module must hold by that name."""
    found = getattr(module, entry, None)
    if not isinstance(found, kind):
        raise OwnModuleError(f"{module.__name__} has no `{entry} = {kind.__name__}(...)`{SHOWN}")
    return found


def check_call(module: ModuleType, call: str) -> None:
    """Refuse a module without the function of `call`, as `build(settings, shape)`."""
    if not callable(getattr(module, call.partition("(")[0], None)):
        raise OwnModuleError(f"{module.__name__} has no `{call}`{SHOWN}")


def check_settings(name: str, entry: str, kind: type[Any]) -> None:
    """Settings are frozen, so that nothing changes what a result is known by."""
    if not (is_dataclass(kind) and kind.__dataclass_params__.frozen):  # type: ignore[attr-defined]
        raise OwnModuleError(f"{name}: {entry}.settings must be a frozen dataclass")
    needed = [field.name for field in fields(kind) if field.default is MISSING]
    if needed:
        raise OwnModuleError(f"{name}: {', '.join(needed)} of its settings need a default")


def own_entry(name: str, entry: str, kind: type[Kind], call: str) -> Kind:
    """What the module of that name must hold beside the function of `call`."""
    module = import_own(name)
    found = entry_of(module, entry, kind)
    check_call(module, call)
    return found


def _not_found(name: str, missing: str) -> str:
    """Which module is not there: this one, or one that it imports."""
    package = name.partition(".")[0]
    if package in sys.stdlib_module_names:
        return (
            f"{name} cannot be imported: {package!r} is a module of Python itself, which stands "
            "before yours: give your package another name"
        )
    if name == missing or name.startswith(f"{missing}."):
        return (
            f"{name} cannot be imported (no module named {missing!r}): it must lie in the working "
            "folder, beside config.yaml, on PYTHONPATH, or be installed"
        )
    return f"{name} cannot be imported: it imports {missing!r}, which is not installed"
