"""What a pickle says, without doing any of it: each call that it asks for becomes a `Call`.

Nothing is imported or called (pipeline.base.pickle_machine); the reader decides what it makes of
the names, calls and states that are recorded here.
"""

from dataclasses import dataclass, field
from typing import IO, Any

from pipeline.base.pickle_machine import PickleError, run_pickle

# Every instruction builds at most one object of some hundred bytes: a bound for memory and time.
MAX_INSTRUCTIONS = 5_000_000
MAX_NUMBER = 2**32  # larger keys can be chosen so that a dictionary of them never gets done


@dataclass(eq=False)
class Name:
    """A class or function that a pickle names, `module.name`."""

    path: str


@dataclass(eq=False)
class Call:
    """A call that a pickle asks for; `state` is what it would set on the result."""

    path: str
    arguments: Any
    state: Any = None
    items: dict[Any, Any] = field(default_factory=dict)


@dataclass(eq=False)
class Stored:
    """What lies outside of the pickle, by the id that the writer gave it."""

    identity: Any


@dataclass(eq=False)
class Odd:
    """A key of a dictionary that is not a plain value: its hash could take for ever."""

    value: Any


def read_pickle(stream: IO[bytes], stored: list[Stored] | None = None) -> Any:
    """Return what the pickle at the stream's place describes; the stream is left behind it.

    `stored` takes all that the pickle says to lie outside. Raises PickleError.
    """
    return run_pickle(stream, _Describer([] if stored is None else stored), MAX_INSTRUCTIONS)


class _Describer:
    """Leaves a record of each name and call; the reader decides what it makes of them."""

    def __init__(self, stored: list[Stored]) -> None:
        self._stored = stored  # takes all that lies outside

    def name(self, path: str) -> Name:
        """A record of the name."""
        return Name(path)

    def call(self, made: Any, arguments: Any) -> Call:
        """A record of the call."""
        return Call(made.path if isinstance(made, Name) else type(made).__name__, arguments)

    def set_state(self, target: Any, state: Any) -> None:
        """A note at the call; nothing else can have a state."""
        if not isinstance(target, Call):
            raise PickleError(f"a state for a {type(target).__name__}")
        target.state = state

    def table(self, target: Any) -> dict[Any, Any] | None:
        """The items of a call."""
        return target.items if isinstance(target, Call) else None

    def key(self, key: Any) -> Any:
        """Texts, bytes and small whole numbers as they are."""
        is_small = isinstance(key, int) and abs(key) < MAX_NUMBER
        return key if isinstance(key, str | bytes) or is_small else Odd(key)

    def old_text(self, content: bytes) -> str:
        """A character for each byte."""
        return content.decode("latin-1")

    def outside(self, identity: Any) -> Stored:
        """A record of the id."""
        self._stored.append(Stored(identity))
        return self._stored[-1]
