"""What every file of the house keeps: names that say the thing, paragraphs, a size.

Each list of exceptions only shrinks: a row that is no exception any more fails too.
"""

import ast
import io
import tokenize
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from tests.modules import MODULES, ROOT

SOURCE = ("pipeline", "models", "demo", "benchmarks", "docs")
FILES = {
    path.relative_to(ROOT).as_posix(): path
    for top in (*SOURCE, "tests")
    for path in sorted((ROOT / top).rglob("*.py"))
}
MOST_LINES, MOST_LINES_OF_A_STAGE, LONG_FUNCTION = 250, 60, 15
LONGER = {
    "models/plain/iteacnet.py": "the paper in one file, to be read from top to bottom",
}
# Names that say the same of every module that has them: what one reader, encoder, service offers.
SAME_EVERYWHERE = {
    "answers": "what a service of the process that decodes sends back",
    "build": "how a learner, an encoder or a rival is made",
    "extractor_of": "the extractor of a network that was made",
    "files": "what a reader of a corpus reads",
    "main": "the door of what is started by itself",
    "read": "how a reader reads",
}
# The paper in one file calls its parts as the fast ones are called.
TWIN = "models.plain.iteacnet"


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def faults(found_in: Callable[[Path], Iterable[object]]) -> dict[str, list[object]]:
    """What a look at each file finds, by file."""
    found = {name: list(found_in(path)) for name, path in FILES.items()}
    return {name: said for name, said in found.items() if said}


def bound_names(path: Path) -> Iterator[tuple[str, int]]:
    """(name, line) of what a module binds: variables, parameters, functions, imports."""
    for node in ast.walk(tree_of(path)):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                yield name, node.lineno
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield name, node.lineno
            case ast.alias(name=given, asname=str(name)) if given != name:
                yield name, node.lineno


def breaths(text: str) -> set[int]:
    """Numbers of the lines that are blank or a comment alone; those inside a string are neither."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return {
        token.start[0]
        for token in tokens
        if token.type in (tokenize.NL, tokenize.COMMENT)
        and (not token.line.strip() or token.line.lstrip().startswith("#"))
    }


def airless(path: Path) -> Iterator[str]:
    """Names of functions over fifteen lines without a blank line or comment after the docstring."""
    quiet = breaths(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree_of(path)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if node.end_lineno - node.lineno >= LONG_FUNCTION:
            first = node.body[0]
            begin = first.end_lineno if ast.get_docstring(node) else first.lineno
            if not quiet & set(range(begin + 1, node.end_lineno)):
                yield node.name


def handed_on(path: Path) -> Iterator[str]:
    """Names that are imported out of a module of ours that does not make them."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.ImportFrom) and node.module in MODULES:
            made = MODULES.keys() | {f"{node.module}.{name}" for name in MADE[node.module]}
            asked = (f"{node.module}.{alias.name}" for alias in node.names)
            yield from (name for name in asked if name not in made)


MADE = {module: {name for name, _ in bound_names(path)} for module, path in MODULES.items()}


def test_nothing_is_called_one():
    """It says how many there are, which the reader knows, and not what it is."""
    found = faults(lambda path: (line for name, line in bound_names(path) if name == "one"))
    assert not found, "name the thing in these lines"


def test_long_functions_have_paragraphs():
    assert not faults(airless), "a blank line or a comment between the steps"


def test_names_are_imported_from_where_they_are_made():
    assert not faults(handed_on)


def test_two_things_have_two_names():
    """Of public classes and functions: whoever reads a name knows which one is meant."""
    made_in: dict[str, set[str]] = defaultdict(set)
    for module in MODULES.keys() - {TWIN}:
        for node in tree_of(MODULES[module]).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                made_in[node.name].add(module)

    shared = {name: modules for name, modules in made_in.items() if len(modules) > 1}
    assert {name: modules for name, modules in shared.items() if name not in SAME_EVERYWHERE} == {}
    assert SAME_EVERYWHERE.keys() <= shared.keys()


def test_files_are_of_a_size_to_be_read():
    n_lines = {name: len(path.read_text("utf-8").splitlines()) for name, path in FILES.items()}
    assert {name for name, n in n_lines.items() if n > MOST_LINES} == LONGER.keys()


def test_a_stage_reads_its_arguments_calls_and_writes():
    """What it knows of the domain lies in the room that it belongs to."""
    stages = {name: path for name, path in FILES.items() if name.startswith("pipeline/stages/")}
    n_lines = {name: len(path.read_text("utf-8").splitlines()) for name, path in stages.items()}
    assert stages
    assert {name: n for name, n in n_lines.items() if n > MOST_LINES_OF_A_STAGE} == {}


def test_no_file_is_written_twice():
    """Of packages' doors too: each says what its own package is."""
    seen: dict[str, str] = {}
    for name, path in FILES.items():
        said = ast.dump(tree_of(path))
        assert said not in seen, f"{name} is {seen[said]} again"
        seen[said] = name
