"""Pickles as plain values and arrays: what nobody reads beside the arrays does not matter.

Nothing that a pickle names is imported or called (pipeline.base.pickle_machine). Plain arrays come
to life in `pickled_arrays`; everything else is an `Opaque`, which has a name and does nothing. A
dictionary keeps its text keys only: nothing else can be asked for. Work is linear in the file.
"""

from pathlib import Path
from typing import Any

from pipeline.base.pickle_machine import run_pickle
from pipeline.corpora.imports.pickled_arrays import Budget, Opaque
from pipeline.corpora.imports.pickled_calls import construct


def read_plain_pickle(path: Path) -> Any:
    """What the pickle at `path` holds, in plain values, `Opaque` and arrays (see `plain`).

    Raises PickleError.
    """
    size = path.stat().st_size
    with path.open("rb") as stream:
        return run_pickle(stream, _ArrayMaker(Budget(size)), most=size + 1)


class _ArrayMaker:
    """Makes arrays and other plain values; all else is inert."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget

    def name(self, path: str) -> Opaque:
        """What is named is not looked up."""
        return Opaque(path)

    def call(self, made: Any, arguments: Any) -> Any:
        """An array where it is asked for."""
        return construct(made, arguments, self._budget)

    def set_state(self, target: Any, state: Any) -> None:
        """The values of an array, the byte order of a type."""
        if isinstance(target, Opaque):
            target.set_state(state, self._budget)

    def table(self, target: Any) -> None:
        """What is not a dictionary takes no items."""

    def key(self, key: Any) -> str | None:
        """Texts, also those of Python 2."""
        text = key.decode("latin-1") if isinstance(key, bytes) else key
        return text if isinstance(text, str) else None

    def old_text(self, content: bytes) -> bytes:
        """Bytes, which is what they were."""
        return content

    def outside(self, identity: Any) -> Opaque:
        """Nothing of it is read."""
        return Opaque("something outside the file")
