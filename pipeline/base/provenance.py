"""Digests of first-party source code, so that a stage reruns when its code changes, and only then.

Snakemake sees a changed shell command, but not a change in a module that the command imports. So
what decides each job (pipeline.rules.decisions) holds the `code_digest(...)` of its modules: of
what they say (pipeline.base.source_form), of all first-party modules that they import, and of the
files that they read from beside themselves: those named as `Path(__file__).parent / "..."`, or all
in a folder that is named so. It is a digest of contents: a module that is moved or renamed changes
none.
"""

import ast
import hashlib
import sys
from collections.abc import Callable
from functools import cache
from importlib.util import resolve_name
from pathlib import Path

from pipeline.base.source_form import SourceForm, form_of_source

ROOT = Path(__file__).resolve().parents[2]
FIRST_PARTY = ("pipeline", "models", "demo")
NO_DATA = (".md", ".py", ".pyc")


@cache
def code_digest(*modules: str) -> str:
    """Digest of `modules`, of all first-party modules that they import, and of their data."""
    return _sha256(*map(_digest, modules))[:16]


@cache
def closure(*modules: str) -> frozenset[str]:
    """Names of `modules` and of all first-party modules reached from them by import statements."""
    found: set[str] = set()
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += _targets(name)
    return frozenset(found)


def data_of(*modules: str) -> frozenset[Path]:
    """Files that lie beside the closure of `modules` and that its modules name."""
    places = [place for name in closure(*modules) for place in _form(name).data]
    return frozenset(path for place in places for path in _files(place))


def forget() -> None:
    """Read every source anew: for tests, which edit them while the process lasts."""
    for remembered in (code_digest, closure, _digest, _form, _content, _find):
        remembered.cache_clear()


@cache
def _digest(name: str) -> str:
    """Digest of one module with all that it imports.

    Modules that import each other in a circle are first digested without each other, then with
    those digests: whichever of them is asked for first, the result is the same.
    """
    circle = {other for other in closure(name) if name in closure(other)}
    if circle == {name}:
        return _filled(name, _digest)

    def outside(target: str) -> str:
        return "circle" if target in circle else _digest(target)

    members = {other: _filled(other, outside) for other in circle}
    whole = sorted(members.values())

    def inside(target: str) -> str:
        return _sha256(members[target], *whole) if target in circle else _digest(target)

    return _filled(name, inside)


def _filled(name: str, digest_of: Callable[[str], str]) -> str:
    """Digest of what a module says, of what it imports and reads, and of its packages."""
    form = _form(name)
    text = form.fill(
        {target: digest_of(target) for target in form.modules},
        {place: _content(place) for place in form.data},
    )
    packages = {digest_of(package) for package in _packages(name) if not _form(package).is_empty}
    return _sha256(text, *sorted(packages))


def _targets(name: str) -> frozenset[str]:
    return _form(name).modules | _packages(name)


def _packages(name: str) -> frozenset[str]:
    """The packages that hold a module; Python runs their `__init__`, if any, before it."""
    parts = name.split(".")
    packages = (".".join(parts[:end]) for end in range(1, len(parts)))
    return frozenset(package for package in packages if _find(package) is not None)


@cache
def _form(name: str) -> SourceForm:
    path = _find(name)
    if path is None:
        raise ModuleNotFoundError(
            f"{name} is not a module of {' or '.join(FIRST_PARTY)}, and not on the path"
        )
    text = path.read_text(encoding="utf-8")
    if not _is_first_party(name):
        text = _absolute(text, name if path.stem == "__init__" else name.rpartition(".")[0])

    def is_ours(other: str) -> bool:
        """One of ours, or beside `name` in a user's own package."""
        top = other.split(".")[0]
        return (_is_first_party(other) or top == name.split(".")[0]) and _find(other) is not None

    return form_of_source(text, path.parent, is_ours)


def _is_first_party(name: str) -> bool:
    return name.split(".")[0] in FIRST_PARTY


def _absolute(text: str, package: str) -> str:
    """Source of a user's own module with `from .other import x` written in full."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            node.module = resolve_name("." * node.level + (node.module or ""), package)
            node.level = 0
    return ast.unparse(tree)


@cache
def _find(name: str) -> Path | None:
    places = [ROOT] if _is_first_party(name) else [Path(place) for place in sys.path]
    stems = [place.joinpath(*name.split(".")) for place in places]
    candidates = (
        path for stem in stems for path in (stem.with_suffix(".py"), stem / "__init__.py")
    )
    return next((path for path in candidates if path.is_file()), None)


def _files(place: Path) -> list[Path]:
    """The data files at a place: itself, or all below it."""
    files = [path for path in (place, *place.rglob("*")) if path.is_file()]
    return sorted(path for path in files if path.suffix not in NO_DATA)


@cache
def _content(place: Path) -> str:
    """Digest of a data file, or of all data in a folder with their names there."""
    files = [(path.relative_to(place).as_posix(), path.read_bytes()) for path in _files(place)]
    return _sha256(*(f"{name} {hashlib.sha256(data).hexdigest()}" for name, data in files))


def _sha256(*texts: str) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()
