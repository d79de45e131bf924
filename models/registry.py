"""Which methods there are: every folder models/<method> with a `method.py`, and modules of others.

A method of this repository has its facts in models.<method>.method and its networks in
models.<method>.learner. One of your own is a single module, named with a dot in it
(`my_package.my_module`), that holds both `METHOD` and `build`. Nothing here imports torch; a module
of your own may.
"""

import pkgutil
import re
import sys
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from models.method import MethodInfo

OWN = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+")


class UnknownMethodError(ValueError):
    """No such method, or a module that is none."""


def our_methods() -> tuple[str, ...]:
    """Names of the methods of this repository, in the order of the paper's Table 5.

    That is Table 3's from below; a method that the paper does not have comes last.
    """
    return tuple(sorted(_folders(), key=lambda name: (-(find_method(name).paper_row or 0), name)))


@cache
def _folders() -> tuple[str, ...]:
    """Folders of this package that hold a method."""
    found = pkgutil.iter_modules(sys.modules[__package__].__path__)
    return tuple(one.name for one in found if one.ispkg and find_spec(method_module(one.name)))


def is_own(name: str) -> bool:
    """Whether a name means a module outside this repository."""
    return OWN.fullmatch(name) is not None


@cache
def find_method(name: str) -> MethodInfo:
    """The facts of a method; UnknownMethodError says what is wrong with the name or the module."""
    if not is_own(name) and name not in _folders():
        known = ", ".join(_folders())
        raise UnknownMethodError(f"no method {name!r}: use one of {known}, or a module of yours")
    try:
        module = import_module(method_module(name))
    except ImportError as error:
        raise UnknownMethodError(
            f"{name} cannot be imported ({error}): it must lie in the folder of the Snakefile, on "
            "PYTHONPATH, or be installed"
        ) from None
    info = getattr(module, "METHOD", None)
    if not isinstance(info, MethodInfo):
        raise UnknownMethodError(f"{name} has no `METHOD = MethodInfo(...)` (models/method.py)")
    if is_own(name) and not callable(getattr(module, "build", None)):
        raise UnknownMethodError(f"{name} has no `build(settings, shape)` (docs/extend.md)")
    _check_settings(name, info.settings)
    return info


def _check_settings(name: str, kind: type[Any]) -> None:
    """Settings are frozen, so that no learner changes what its run is known by."""
    if not (is_dataclass(kind) and kind.__dataclass_params__.frozen):  # type: ignore[attr-defined]
        raise UnknownMethodError(f"{name}: METHOD.settings must be a frozen dataclass")
    needed = [one.name for one in fields(kind) if one.default is MISSING]
    if needed:
        raise UnknownMethodError(f"{name}: {', '.join(needed)} of its settings need a default")


def method_module(name: str) -> str:
    """The module that holds `METHOD`."""
    return name if is_own(name) else f"models.{name}.method"


def learner_module(name: str) -> str:
    """The module whose `build(settings, shape)` makes the learner."""
    return name if is_own(name) else f"models.{name}.learner"
