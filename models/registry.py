"""Which methods there are: every folder models/<method> with a `method.py`, and modules of others.

A method of this repository has its facts in models.<method>.method and its networks in
models.<method>.learner. One of your own is a single module, named with a dot in it
(`my_package.my_module`), that holds both `METHOD` and `build`. Nothing here imports torch; a module
of your own may.
"""

import pkgutil
import sys
from functools import cache
from importlib import import_module
from importlib.util import find_spec

from models.method import MethodInfo
from models.own_modules import OwnModuleError, check_settings, entry_of, is_own, own_entry


def our_methods() -> tuple[str, ...]:
    """Names of the methods of this repository, in the order of the paper's Table 5.

    That is Table 3's from below; a method that the paper does not have comes last.
    """
    return tuple(sorted(_folders(), key=lambda name: (-(find_method(name).paper_row or 0), name)))


@cache
def _folders() -> tuple[str, ...]:
    """Folders of this package that hold a method."""
    found = pkgutil.iter_modules(sys.modules[__package__].__path__)
    return tuple(
        module.name for module in found if module.ispkg and find_spec(method_module(module.name))
    )


@cache
def find_method(name: str) -> MethodInfo:
    """The facts of a method; OwnModuleError says what is wrong with the name or the module."""
    if not is_own(name) and name not in _folders():
        known = ", ".join(_folders())
        raise OwnModuleError(f"no method {name!r}: use one of {known}, or a module of yours")
    if is_own(name):
        info = own_entry(name, "METHOD", MethodInfo, "build(settings, shape)")
    else:
        info = entry_of(import_module(method_module(name)), "METHOD", MethodInfo)
    check_settings(name, "METHOD", info.settings)
    return info


def method_module(name: str) -> str:
    """The module that holds `METHOD`."""
    return name if is_own(name) else f"models.{name}.method"


def learner_module(name: str) -> str:
    """The module whose `build(settings, shape)` makes the learner."""
    return name if is_own(name) else f"models.{name}.learner"
