"""Digests of first-party source code, so that a stage reruns when its code changes, and only then.

Snakemake sees a changed shell command, but not a change in a module that the command imports
(FIELD 3.2). Each rule passes `code_digest(...)` of its modules inside its one string param.
Comments, docstrings and formatting do not count. Files that a module reads from beside itself do:
those that it names as `Path(__file__).parent / "..."`, or all in a folder that it names so.
"""

import ast
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FIRST_PARTY = ("pipeline", "models")
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
BESIDE = "Path(__file__).parent"
NO_DATA = (".md", ".py", ".pyc")


@dataclass(frozen=True)
class _Module:
    """What there is to know of one source file."""

    imports: tuple[str, ...]
    digest: str
    data: tuple[Path, ...]  # files and folders that it names beside itself


@cache
def code_digest(*modules: str) -> str:
    """Digest of `modules`, of all first-party modules that they import, and of their data."""
    for name in modules:
        _path(name)  # a misspelt module must not digest to nothing
    pieces = [(name, _module(_path(name)).digest) for name in closure(*modules)]
    pieces += [(str(path.relative_to(ROOT)), _content(path)) for path in data_of(*modules)]
    return hashlib.sha256(repr(sorted(pieces)).encode()).hexdigest()[:16]


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
        waiting += _module(_path(name)).imports
        waiting += [name.rpartition(".")[0]] if "." in name else []
    return frozenset(found)


def data_of(*modules: str) -> frozenset[Path]:
    """Files that lie beside the closure of `modules` and that its modules name."""
    named = [place for name in closure(*modules) for place in _module(_path(name)).data]
    files = [path for place in named for path in (place, *place.rglob("*")) if path.is_file()]
    return frozenset(path for path in files if path.suffix not in NO_DATA)


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


def _module(path: Path) -> _Module:
    return _parse(path.parent, path.read_text(encoding="utf-8"))


@cache
def _parse(folder: Path, source: str) -> _Module:
    tree = ast.parse(source)
    imports, data = tuple(_imports(tree)), tuple(_data(tree, folder))
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):  # its docstring, and one below each attribute
            node.body = [part for part in node.body if not _is_text(part)]
        elif isinstance(node, DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:]
    return _Module(imports, hashlib.sha256(ast.dump(tree).encode()).hexdigest(), data)


def _is_text(node: ast.stmt) -> bool:
    """A string that stands alone: it documents."""
    value = node.value if isinstance(node, ast.Expr) else None
    return isinstance(value, ast.Constant) and isinstance(value.value, str)


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _data(node: ast.AST, folder: Path) -> Iterator[Path]:
    """The longest paths that the source below `node` builds from its own folder."""
    place = _place(node, folder)
    if place is not None:
        yield place
        return
    for child in ast.iter_child_nodes(node):
        yield from _data(child, folder)


def _place(node: ast.AST, folder: Path) -> Path | None:
    if not (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)):
        return None
    name = node.right.value if isinstance(node.right, ast.Constant) else None
    before = folder if ast.unparse(node.left) == BESIDE else _place(node.left, folder)
    return before / name if isinstance(name, str) and before is not None else None


def _content(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
