"""What the keys of a section mean: the strings below them in the source.

They are for schema and documents alone, and are read when one of these is made: reading the source
of every section whenever a module is loaded took longer than all else that its class is made of.
"""

import ast
import inspect
import textwrap
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Any


def docstrings(kind: type[Any]) -> dict[str, str]:
    """Key -> the string below it; a class counts before those that it extends."""
    return {key: text for base in reversed(kind.__mro__[:-1]) for key, text in _own(base)}


@cache
def _own(kind: type[Any]) -> tuple[tuple[str, str], ...]:
    try:
        source = inspect.getsource(kind)
    except (OSError, TypeError):  # made while running, of keys that are described as they are made
        return ()
    (tree,) = ast.parse(textwrap.dedent(source)).body
    return tuple(_below(tree.body)) if isinstance(tree, ast.ClassDef) else ()


def _below(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    for key, below in pairwise(body):
        if isinstance(key, ast.AnnAssign) and isinstance(below, ast.Expr):
            text = below.value.value if isinstance(below.value, ast.Constant) else None
            if isinstance(key.target, ast.Name) and isinstance(text, str):
                yield key.target.id, inspect.cleandoc(text)
