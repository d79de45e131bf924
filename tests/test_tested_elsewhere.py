"""Every module has a test of its own name, or a row that says truly which other test reaches it.

A test reaches what it imports, what its helpers and conftests import, and what all these import in
turn. Stages, commands and learners are started by name: then the row says which (`through`), and
that name must stand in a string of what is reached. An f-string like f"models.{name}.learner"
stands for all learners; which of them a test runs, it says in a string of its own. One that begins
with what it fills in, f"{ENCODERS}.own_text", stands for the module of that name.
"""

import ast
import csv
from fnmatch import filter as matching
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import pytest

from tests.modules import ROOT, import_statements, module_name

KNOWN = {
    module_name(path): path
    for top in ("pipeline", "models", "demo", "benchmarks", "tests")
    for path in sorted((ROOT / top).rglob("*.py"))
}
# Rooms in which every module has a test of its own name.
COMPLETE = (
    *("pipeline.features.cache", "pipeline.features.weights", "pipeline.report", "pipeline.rules"),
    *("pipeline.tools.bundles", "pipeline.tools.cache", "demo"),
)


def own_test(module: str) -> Path:
    """Where the test of a module's own name stands, or would."""
    folder, _, name = f"tests.{module}".rpartition(".")
    return ROOT.joinpath(*folder.split("."), f"test_{name.strip('_')}.py")


NAMELESS = {
    module
    for module, path in KNOWN.items()
    if path.name != "__init__.py" and not module.startswith("tests.")
    if not own_test(module).is_file()
}


def rows_with_modules() -> list[tuple[dict[str, str], set[str]]]:
    """Each row, and the modules that it is the first to speak for."""
    left, found = set(NAMELESS), []
    with (ROOT / "tests/tested_elsewhere.csv").open(newline="", encoding="utf-8") as stream:
        for row in csv.DictReader(stream, restval=""):
            found.append((row, set(matching(left, row["modules"]))))
            left -= found[-1][1]
    return found


ROWS = rows_with_modules()


@cache
def tree_of(module: str) -> ast.Module:
    return ast.parse(KNOWN[module].read_text(encoding="utf-8"))


@cache
def imported(module: str) -> frozenset[str]:
    """Modules of this repository that a module imports, in functions too."""
    found: set[str] = set()
    for node in import_statements(tree_of(module), functions=True):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        else:
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {str(node.module)}
    return frozenset(found & KNOWN.keys())


def closure(*modules: str) -> set[str]:
    """Modules with all that they import, and what that imports."""
    found, waiting = set[str](), list(modules)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += imported(name)
    return found


def conftests(test: str) -> list[str]:
    """Those above a test file whose fixtures it asks for, or that serve every test."""
    parts = test.split(".")
    above = {".".join((*parts[:end], "conftest")) for end in range(1, len(parts))}
    asked = {node.arg for node in ast.walk(tree_of(test)) if isinstance(node, ast.arg)}
    return [
        place
        for place in above & KNOWN.keys()
        if asked & {node.name for node in tree_of(place).body if isinstance(node, ast.FunctionDef)}
        or "autouse" in KNOWN[place].read_text(encoding="utf-8")
    ]


@cache
def words(module: str) -> frozenset[str]:
    """Words of a module's strings, without docstrings; `*` for what an f-string fills in."""
    said: set[str] = set()
    waiting: list[ast.AST] = [tree_of(module)]

    while waiting:
        match waiting.pop():
            case ast.Expr(value=ast.Constant()):
                pass
            case ast.JoinedStr(values=parts):
                texts = (getattr(part, "value", "") for part in parts)
                said |= {*"".join(t if isinstance(t, str) else "*" for t in texts).split()}
            case ast.Constant(value=str(text)):
                said |= {*text.split()}
            case node:
                waiting += ast.iter_child_nodes(node)
    return frozenset(said)


def is_started(through: str, *test: str) -> bool:
    """Whether a test, with its conftests, starts a module by its name, as said above."""
    said = set[str]().union(*map(words, closure(*test)))
    in_test = set[str]().union(*map(words, test))
    *_, folder, name = through.split(".")
    if {through, f"*.{name}"} & said:
        return True

    families = {word for word in said if "*" in word and word.count(".") > 1}
    return bool(in_test & {folder, name}) and any(fnmatch(through, word) for word in families)


def test_every_module_without_a_test_of_its_name_has_a_row():
    assert {module for module in NAMELESS if module.startswith(COMPLETE)} == set()
    assert NAMELESS - set[str]().union(*(modules for _, modules in ROWS)) == set()


@pytest.mark.parametrize(("row", "modules"), ROWS, ids=[row["modules"] for row, _ in ROWS])
def test_a_row_is_true(row, modules):
    test = module_name(ROOT / row["test"])
    assert modules, "there is no such module, or it has a test of its own name or another row"
    assert test in KNOWN, f"there is no {row['test']}"
    assert row["why"]

    files = (test, *conftests(test))
    reached = closure(*files)
    if row["through"]:
        assert modules - reached, "imports reach it: `through` is for what is started by name"
    for through in row["through"].split():
        assert is_started(through, *files), f"{row['test']} starts no {through}"
    reached |= closure(*(name for word in row["through"].split() for name in matching(KNOWN, word)))
    assert modules - reached == set(), f"{row['test']} never imports them"


@pytest.mark.parametrize(
    ("through", "is_told"),
    [
        ("pipeline.tools.report", True),  # in full, by COMMANDS of pipeline.__main__
        ("models.gru.learner", False),  # no string of this test's own names the method
        ("pipeline.media.mtcnn", False),
    ],
)
def test_what_a_door_starts_is_told_from_what_it_does_not(through, is_told):
    assert is_started(through, "tests.pipeline.test_door") == is_told


def test_a_docstring_starts_nothing_and_an_f_string_stands_for_many():
    assert "models.*.learner" in words("models.registry")
    assert "models.<method>" not in " ".join(words("models.registry"))
