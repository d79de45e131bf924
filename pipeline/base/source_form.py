"""What a source file says, whatever it is called and however it is spelt.

Comments, docstrings, formatting and the order of imports are no part of it, nor is the Python that
reads it: fields that one version has and another has not are written only where they say something.
Where the file names another of ours, a hole is left for the content of that one: so a module may
move or be renamed, with all that import it, and nothing is said anew.
"""

import ast
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
IMPORTS = (ast.Import, ast.ImportFrom)
BESIDE = "Path(__file__).parent"
# Place and spelling (u"..."); whether a name is read or set follows from where it stands.
UNSAID = frozenset({"ctx", "kind", "type_comment", "type_ignores"})
DOTTED = re.compile(r"\b[A-Za-z_]\w*(?:\.\w+)+")

IsModule = Callable[[str], bool]


@dataclass(frozen=True)
class Module:
    """A hole: the content of a module of ours."""

    name: str


@dataclass(frozen=True)
class Data:
    """A hole: the content of a file or folder that the source names beside itself."""

    path: Path


@dataclass(frozen=True)
class Imports:
    """Neighbouring imports: what is imported, its name there, its name here.

    They are sorted once their holes are filled, unless one takes the name of another.
    """

    bindings: tuple[tuple[Module | str, str, str], ...]


Piece = str | Module | Data | Imports


@dataclass(frozen=True)
class SourceForm:
    """The text of a source with holes, and what the holes are for."""

    pieces: tuple[Piece, ...]
    modules: frozenset[str]  # of ours, that it imports
    data: frozenset[Path]
    is_empty: bool  # nothing but a docstring

    def fill(self, modules: Mapping[str, str], data: Mapping[Path, str]) -> str:
        """The text with the digests of what is imported and read in the place of names."""

        def content(piece: Module | Data | str) -> str:
            if isinstance(piece, str):
                return piece
            return modules[piece.name] if isinstance(piece, Module) else data[piece.path]

        def text(piece: Piece) -> str:
            if not isinstance(piece, Imports):
                return content(piece)
            rows = [(content(source), *names) for source, *names in piece.bindings]
            heres = {here for _, _, here in piece.bindings if here}
            is_free = len(heres) == sum(here != "" for _, _, here in piece.bindings)
            return repr(sorted(rows) if is_free else rows)

        return "".join(map(text, self.pieces))


def form_of_source(source: str, folder: Path, is_module: IsModule) -> SourceForm:
    """The form of a source that lies in `folder`; `is_module` knows the modules of ours."""
    tree = ast.parse(source)
    writer = _Writer(folder, is_module, _renamable(tree, is_module))
    writer.write(tree)
    modules = {name for node in ast.walk(tree) for name in _imported(node) if is_module(name)}
    data = {piece.path for piece in writer.pieces if isinstance(piece, Data)}
    is_empty = not _body(tree)
    return SourceForm(tuple(writer.pieces), frozenset(modules), frozenset(data), is_empty)


def _imported(node: ast.AST) -> Iterator[str]:
    """Names of modules that an import statement loads, or might: a name may be a module."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
        yield node.module
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _renamable(tree: ast.Module, is_module: IsModule) -> dict[str, str]:
    """Local name -> module of ours, where that import alone gives the name its meaning."""
    bound = [binding for node in ast.walk(tree) for binding in _bindings(node, is_module)]
    found = {here: src.name for src, name, here in bound if isinstance(src, Module) and not name}
    if not found:
        return {}
    counts = Counter(here for _, _, here in bound)
    counts.update(name for node in ast.walk(tree) for name in _set_names(node))
    return {here: module for here, module in found.items() if counts[here] == 1}


def _set_names(node: ast.AST) -> Iterator[str]:
    """Names that a node may give another meaning to."""
    is_read = isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    if is_read or isinstance(node, ast.Attribute | ast.keyword | ast.Constant | ast.alias):
        return
    for _, value in ast.iter_fields(node):
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, str):
                yield item


def _bindings(node: ast.AST, is_module: IsModule) -> Iterator[tuple[Module | str, str, str]]:
    """What an import statement binds: (source, name in the source, name here)."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            # `import a.b` binds `a`, but what is read by that name is in a.b: its content counts.
            source = Module(alias.name) if is_module(alias.name) else alias.name
            yield source, "", alias.asname or alias.name
    elif isinstance(node, ast.ImportFrom):
        for alias in node.names:
            whole, here = f"{node.module}.{alias.name}", alias.asname or alias.name
            if node.level == 0 and is_module(whole):
                yield Module(whole), "", here
            elif node.level == 0 and node.module and is_module(node.module):
                yield Module(node.module), alias.name, here
            else:
                yield f"{'.' * node.level}{node.module or ''}", alias.name, here


def _body(node: ast.AST) -> Sequence[ast.stmt]:
    """The statements of a module, class or function without those that document."""
    body = node.body if isinstance(node, DOCUMENTED) else []
    return [part for part in body if not _is_text(part)]


def _is_text(node: ast.stmt) -> bool:
    """A string that stands alone: a docstring, or one below an attribute."""
    value = node.value if isinstance(node, ast.Expr) else None
    return isinstance(value, ast.Constant) and isinstance(value.value, str)


class _Writer:
    """Writes a tree as pieces, node by node."""

    def __init__(self, folder: Path, is_module: IsModule, renamable: Mapping[str, str]) -> None:
        self.pieces: list[Piece] = []
        self._folder = folder
        self._is_module = is_module
        self._renamable = renamable

    def write(self, node: ast.AST) -> None:
        """A node: its kind, then the fields that say something, each with its name."""
        hole = self._hole(node)
        if hole is not None:
            self.pieces.append(hole)
            return

        self.pieces.append(f"{type(node).__name__}(")
        for name in node._fields:
            value = getattr(node, name, None)
            if isinstance(node, DOCUMENTED) and name == "body":
                value = list(_body(node))
            elif isinstance(node, ast.JoinedStr):  # 3.12 ends some with a piece that is empty
                value = [piece for piece in node.values if getattr(piece, "value", None) != ""]
            is_said = value is not None and value != []
            if name not in UNSAID and (is_said or isinstance(node, ast.Constant)):
                self.pieces.append(f"{name}=")
                self._value(value)
        self.pieces.append(")")

    def _value(self, value: object) -> None:
        if isinstance(value, ast.AST):
            self.write(value)
        elif isinstance(value, list):
            self.pieces.append("[")
            for is_import, items in groupby(value, lambda item: isinstance(item, IMPORTS)):
                if is_import:
                    self._imports(items)
                else:
                    for item in items:
                        self._value(item)
            self.pieces.append("]")
        else:
            text = DOTTED.sub(self._nameless, value) if isinstance(value, str) else value
            self.pieces.append(f"{text!a},")

    def _imports(self, statements: Iterator[ast.AST]) -> None:
        found = [binding for node in statements for binding in _bindings(node, self._is_module)]
        self.pieces.append(
            Imports(
                tuple(
                    (source, name, "" if here in self._renamable else here)
                    for source, name, here in found
                )
            )
        )

    def _hole(self, node: ast.AST) -> Module | Data | None:
        if isinstance(node, ast.Name) and node.id in self._renamable:
            return Module(self._renamable[node.id])
        place = _place(node, self._folder)
        return Data(place) if place is not None and place.exists() else None

    def _nameless(self, match: re.Match[str]) -> str:
        """A module of ours that a text names, to import it by name or to tell of it."""
        parts = match[0].split(".")
        for end in range(len(parts), 1, -1):
            if self._is_module(".".join(parts[:end])):
                return ".".join(["<module>", *parts[end:]])
        return match[0]


def _place(node: ast.AST, folder: Path) -> Path | None:
    """The path that an expression builds from the source's own folder."""
    if not (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)):
        return None
    name = node.right.value if isinstance(node.right, ast.Constant) else None
    before = folder if ast.unparse(node.left) == BESIDE else _place(node.left, folder)
    return before / name if isinstance(name, str) and before is not None else None
