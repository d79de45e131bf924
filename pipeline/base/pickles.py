"""What a pickle says, without doing any of it.

A pickle is a program: it names functions and asks that they be called. Here its opcodes (read by
Python's own `pickletools`) build plain lists, tuples and dictionaries, and each call that it asks
for becomes a `Call`, a record of the name and the arguments. Nothing is imported or called, no
memory follows from a number that a file states, and the reader decides what it makes of a `Call`.
"""

import pickletools
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

# Every opcode builds at most one object of some hundred bytes: a bound for memory and time.
MAX_OPCODES = 5_000_000


class PickleError(ValueError):
    """Bytes are no pickle, or one that no reader of ours needs."""


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
    """A key of a dictionary that is no plain value: its hash could take for ever."""

    value: Any


def read_pickle(stream: BytesIO, stored: list[Stored] | None = None) -> Any:
    """Return what the pickle at the stream's place describes; the stream is left behind it.

    `stored` takes all that the pickle says to lie outside. Raises PickleError.
    """
    machine = _Machine([] if stored is None else stored)
    try:
        for number, (opcode, argument, _) in enumerate(pickletools.genops(stream)):
            if number >= MAX_OPCODES:
                raise PickleError(f"more than {MAX_OPCODES:,} opcodes")
            if opcode.name == "STOP":
                return machine.pop()
            machine.step(opcode.name, argument)
    except (ValueError, LookupError, TypeError, ArithmeticError) as error:
        if isinstance(error, PickleError):
            raise
        raise PickleError(str(error) or type(error).__name__) from None
    raise PickleError("it has no end")


_MARK = object()
_IGNORED = frozenset({"PROTO", "FRAME"})
MAX_INDEX = 2**32  # larger numbers can be chosen so that a dictionary of them never gets done
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}


class _Machine:
    """The stack and the memo of one pickle."""

    def __init__(self, stored: list[Stored]) -> None:
        self.stored = stored
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}

    def step(self, name: str, argument: Any) -> None:
        """Do one opcode; `argument` is what stands behind it in the stream."""
        act = _ACTIONS.get(name)
        if act is not None:
            act(self)
        elif name in _IGNORED:
            return
        elif name in _CONSTANTS:
            self.stack.append(_CONSTANTS[name])
        elif name.endswith("PUT"):
            self.memo[_index(argument)] = self.stack[-1]
        elif name.endswith("GET"):
            self.stack.append(self.memo[argument])
        elif name in ("GLOBAL", "INST"):
            self.name(name, argument)
        elif name == "PERSID":
            self.store(argument)
        elif argument is not None and not name.startswith("EXT"):
            self.stack.append(argument)  # numbers, texts and bytes of all widths
        else:
            raise PickleError(f"the opcode {name} is not used by any checkpoint or table")

    def pop(self) -> Any:
        """Take the topmost object."""
        top = self.stack.pop()
        if top is _MARK:
            raise PickleError("a mark where an object is expected")
        return top

    def name(self, opcode: str, argument: str) -> None:
        path = argument.replace(" ", ".", 1)
        if opcode == "INST":
            self.stack.append(Call(path, tuple(self.marked())))
        else:
            self.stack.append(Name(path))

    def marked(self) -> list[Any]:
        """Take all objects back to the last mark."""
        place = len(self.stack) - 1
        while self.stack[place] is not _MARK:
            place -= 1
            if place < 0:
                raise PickleError("no mark")
        objects = self.stack[place + 1 :]
        del self.stack[place:]
        return objects

    def taken(self, n: int) -> list[Any]:
        return [self.pop() for _ in range(n)][::-1]

    def called(self, objects: list[Any]) -> None:
        """A call of the first object with the rest."""
        function, *arguments = objects
        path = function.path if isinstance(function, Name) else type(function).__name__
        self.stack.append(Call(path, arguments[0] if len(arguments) == 1 else tuple(arguments)))

    def build(self) -> None:
        state = self.pop()
        target = self.stack[-1]
        if not isinstance(target, Call):
            raise PickleError(f"a state for a {type(target).__name__}")
        target.state = state

    def extend(self, objects: list[Any]) -> None:
        target = self.stack[-1]
        if isinstance(target, list):
            target.extend(objects)
        elif not isinstance(target, Call):
            raise PickleError(f"items for a {type(target).__name__}")

    def fill(self, objects: list[Any]) -> None:
        target = self.stack[-1]
        table = target.items if isinstance(target, Call) else target
        if not isinstance(table, dict):
            raise PickleError(f"keys for a {type(target).__name__}")
        table.update(_table(objects))

    def named(self) -> None:
        module, name = self.taken(2)
        if not isinstance(module, str) or not isinstance(name, str):
            raise PickleError("a name that is no text")
        self.stack.append(Name(f"{module}.{name}"))

    def store(self, identity: Any) -> None:
        self.stored.append(Stored(identity))
        self.stack.append(self.stored[-1])

    def push(self, value: Any) -> None:
        self.stack.append(value)

    def memoize(self) -> None:
        self.memo[len(self.memo)] = self.stack[-1]


def _table(objects: list[Any]) -> dict[Any, Any]:
    pairs = zip(objects[::2], objects[1::2], strict=True)
    return {(key if _is_plain(key) else Odd(key)): value for key, value in pairs}


def _is_plain(key: Any) -> bool:
    return isinstance(key, str | bytes) or (isinstance(key, int) and abs(key) < MAX_INDEX)


def _index(number: int) -> int:
    if not 0 <= number < MAX_INDEX:
        raise PickleError(f"the memo has no place {number}")
    return number


_ACTIONS: dict[str, Callable[[_Machine], object]] = {
    "MARK": lambda m: m.push(_MARK),
    "POP": lambda m: m.stack.pop(),
    "POP_MARK": lambda m: m.marked(),
    "DUP": lambda m: m.push(m.stack[-1]),
    "MEMOIZE": lambda m: m.memoize(),
    "EMPTY_LIST": lambda m: m.push([]),
    "EMPTY_TUPLE": lambda m: m.push(()),
    "EMPTY_DICT": lambda m: m.push({}),
    "EMPTY_SET": lambda m: m.push(Call("builtins.set", ())),
    "LIST": lambda m: m.push(m.marked()),
    "TUPLE": lambda m: m.push(tuple(m.marked())),
    "TUPLE1": lambda m: m.push(tuple(m.taken(1))),
    "TUPLE2": lambda m: m.push(tuple(m.taken(2))),
    "TUPLE3": lambda m: m.push(tuple(m.taken(3))),
    "DICT": lambda m: m.push(_table(m.marked())),
    "FROZENSET": lambda m: m.push(Call("builtins.frozenset", m.marked())),
    "APPEND": lambda m: m.extend(m.taken(1)),
    "APPENDS": lambda m: m.extend(m.marked()),
    "ADDITEMS": lambda m: m.extend(m.marked()),
    "SETITEM": lambda m: m.fill(m.taken(2)),
    "SETITEMS": lambda m: m.fill(m.marked()),
    "STACK_GLOBAL": lambda m: m.named(),
    "REDUCE": lambda m: m.called(m.taken(2)),
    "NEWOBJ": lambda m: m.called(m.taken(2)),
    "NEWOBJ_EX": lambda m: m.called(m.taken(3)),
    "OBJ": lambda m: m.called(m.marked()),
    "BUILD": lambda m: m.build(),
    "BINPERSID": lambda m: m.store(m.pop()),
}
