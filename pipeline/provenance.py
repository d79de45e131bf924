"""Digests of first-party source code, so that a stage reruns when its code changes, and only then.

Snakemake sees a changed shell command, but not a change in a module that the command imports
(FIELD 3.2). Each rule passes `code_digest(...)` of its modules inside its one string param.
Comments, docstrings and formatting do not count.
"""

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FIRST_PARTY = ("pipeline", "models")
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


@cache
def code_digest(*modules: str) -> str:
    """Digest of `modules` and of all first-party modules that they import, imports followed."""
    for name in modules:
        _path(name)  # a misspelt module must not digest to nothing
    pieces = sorted((name, _normalized(_path(name))) for name in closure(*modules))
    return hashlib.sha256(repr(pieces).encode()).hexdigest()[:16]


@cache
def closure(*modules: str) -> frozenset[str]:
    """Names of `modules` and of all first-party modules reached from them by import statements."""
    found: set[str] = set()
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        if name in found or not _is_first_party(name):
            continue
        found.add(name)
        waiting += _imports(ast.parse(_path(name).read_text(encoding="utf-8")))
        waiting += [name.rpartition(".")[0]] if "." in name else []
    return frozenset(found)


def _is_first_party(name: str) -> bool:
    return name.split(".")[0] in FIRST_PARTY and _find(name) is not None


def _find(name: str) -> Path | None:
    stem = ROOT.joinpath(*name.split("."))
    candidates = (stem.with_suffix(".py"), stem / "__init__.py")
    return next((path for path in candidates if path.is_file()), None)


def _path(name: str) -> Path:
    path = _find(name)
    if path is None:
        raise ModuleNotFoundError(f"{name} is not a module of {' or '.join(FIRST_PARTY)}")
    return path


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@cache
def _normalized(path: Path) -> str:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:]
    return ast.dump(tree)
