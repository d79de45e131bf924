"""A stack machine that reads a pickle as data: nothing that it names is imported or called.

A pickle is a program. Here its instructions (the argument of each is read by Python's own
`pickletools`) build plain lists, tuples and dictionaries, so protocols 0 to 5 and Python 2 are read
alike; a `Maker` decides what stands for all that a pickle names and asks for. Memory and time
follow from the bytes that are there, never from a number that a file states.
"""

import codecs
import pickletools
from collections.abc import Callable
from typing import IO, Any, Final, Protocol, cast

MAX_INDEX: Final = 2**32  # what the binary instructions can say as a place of the memo
# What damaged or hostile bytes raise in `pickletools` and in this module.
FAULTS: Final = (ValueError, LookupError, TypeError, ArithmeticError, RecursionError)
OPCODES: Final = {opcode.code.encode("latin-1"): opcode for opcode in pickletools.opcodes}


class PickleError(ValueError):
    """Bytes are not a pickle, or not a whole one; says at which byte."""


class Maker(Protocol):
    """What becomes of that in a pickle which is more than a plain value."""

    def name(self, path: str) -> Any:
        """For a class or function `module.name`."""

    def call(self, made: Any, arguments: Any) -> Any:
        """For a call of what `name` or `call` returned."""

    def set_state(self, target: Any, state: Any) -> None:
        """For a state of what stands on the stack."""

    def table(self, target: Any) -> dict[Any, Any] | None:
        """Where items go that are set on something that is not a dictionary; None: nowhere."""

    def key(self, key: Any) -> Any:
        """For a key of a dictionary; None leaves the item out."""

    def old_text(self, content: bytes) -> Any:
        """For a text of Python 2, which was bytes."""

    def outside(self, identity: Any) -> Any:
        """For something that lies outside of the pickle."""


def run_pickle(stream: IO[bytes], maker: Maker, most: int) -> Any:
    """Return what the pickle at the stream's place builds; the stream is left behind it.

    At most `most` instructions are read. Raises PickleError.
    """
    source, machine = _Source(stream), _Machine(maker)
    place = source.place

    try:
        for _ in range(most):
            place = source.place
            name, argument = source.next_instruction()
            if name == "STOP":
                return machine.stack.pop()
            machine.step(name, argument)
    except FAULTS as error:
        problem = str(error) or type(error).__name__
        raise PickleError(f"byte {place}: not a whole pickle ({problem})") from None
    raise PickleError(f"byte {place}: more than {most:,} instructions")


class _Source:
    """The bytes of a file, never more at once than it has: a length in a pickle is only a claim."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self.place = stream, stream.tell()
        self._end = stream.seek(0, 2)
        stream.seek(self.place)

    def read(self, n: int) -> bytes:
        """At most `n` bytes."""
        return self._counted(self._stream.read(max(0, min(n, self._end - self.place))))

    def readline(self) -> bytes:
        """Up to the end of the line."""
        return self._counted(self._stream.readline())

    def _counted(self, content: bytes) -> bytes:
        self.place += len(content)
        return content

    def next_instruction(self) -> tuple[str, Any]:
        """Name and argument of the next instruction."""
        code = self.read(1)
        if not code:
            raise ValueError("it ends in the middle")
        opcode = OPCODES[code]
        if opcode.name == "STRING":  # pickletools allows ASCII alone there
            return opcode.name, _unquoted(self.readline())
        return opcode.name, None if opcode.arg is None else opcode.arg.reader(cast(IO[bytes], self))


class _Machine:
    """The stack, the stacks below each mark in it, and the memo of one pickle."""

    def __init__(self, maker: Maker) -> None:
        self.maker = maker
        self.stack: list[Any] = []
        self.below: list[list[Any]] = []
        self.memo: dict[int, Any] = {}

    def step(self, name: str, argument: Any) -> None:
        """Do one instruction; `argument` is what stands behind it in the stream."""
        if (act := _ACTIONS.get(name)) is not None:
            act(self)
        elif (act_on := _ACTIONS_ON.get(name)) is not None:
            act_on(self, argument)
        elif argument is not None:
            self.stack.append(argument)  # numbers, texts and bytes of all widths
        else:
            raise PickleError(f"the instruction {name} belongs in no file")

    def push(self, value: Any) -> None:
        self.stack.append(value)

    def taken(self, n: int) -> list[Any]:
        """Take the topmost objects."""
        if len(self.stack) < n:
            raise PickleError("the stack is empty")
        objects = self.stack[-n:]
        del self.stack[-n:]
        return objects

    def mark(self) -> None:
        self.below.append(self.stack)
        self.stack = []

    def marked(self) -> list[Any]:
        """Take all objects back to the last mark."""
        objects, self.stack = self.stack, self.below.pop()
        return objects

    def drop(self) -> None:
        """Take the topmost object, or the mark that is there instead."""
        if self.stack:
            self.stack.pop()
        else:
            self.marked()

    def remember(self, place: int) -> None:
        if not 0 <= place < MAX_INDEX:
            raise PickleError(f"the memo has no place {place}")
        self.memo[place] = self.stack[-1]

    def name(self, module: Any, name: Any) -> None:
        if not isinstance(module, str) or not isinstance(name, str):
            raise PickleError("a name that is not text")
        self.push(self.maker.name(f"{module}.{name}"))

    def call(self, made: Any, *arguments: Any) -> None:
        self.push(self.maker.call(made, arguments[0] if len(arguments) == 1 else arguments))

    def call_first(self, objects: list[Any]) -> None:
        self.push(self.maker.call(objects[0], tuple(objects[1:])))

    def call_class(self, path: str, objects: list[Any]) -> None:
        self.push(self.maker.call(self.maker.name(path), tuple(objects)))

    def set_state(self, state: Any) -> None:
        self.maker.set_state(self.stack[-1], state)

    def extend(self, objects: list[Any]) -> None:
        if isinstance(self.stack[-1], list):
            self.stack[-1].extend(objects)

    def fill(self, objects: list[Any]) -> None:
        target = self.stack[-1]
        table = target if isinstance(target, dict) else self.maker.table(target)
        if table is None:
            return
        for key, value in zip(objects[::2], objects[1::2], strict=True):
            if (known := self.maker.key(key)) is not None:
                table[known] = value

    def dictionary(self) -> None:
        pairs = self.marked()
        self.push({})
        self.fill(pairs)


def _unquoted(line: bytes) -> bytes:
    """The bytes of a text of Python 2 that stands in quotes, as `repr` wrote them."""
    text = line.strip()
    if not line.endswith(b"\n") or len(text) < 2 or text[0] != text[-1] or text[:1] not in b"'\"":
        raise PickleError(f"{line[:40]!r} is not a text in quotes")
    return codecs.escape_decode(text[1:-1])[0]


_ACTIONS: Final[dict[str, Callable[[_Machine], object]]] = {
    "NONE": lambda m: m.push(None),
    "NEWTRUE": lambda m: m.push(True),
    "NEWFALSE": lambda m: m.push(False),
    "EMPTY_LIST": lambda m: m.push([]),
    "EMPTY_TUPLE": lambda m: m.push(()),
    "EMPTY_DICT": lambda m: m.push({}),
    "EMPTY_SET": lambda m: m.call_class("builtins.set", []),
    "MARK": lambda m: m.mark(),
    "POP": lambda m: m.drop(),
    "POP_MARK": lambda m: m.marked(),
    "DUP": lambda m: m.push(m.stack[-1]),
    "MEMOIZE": lambda m: m.remember(len(m.memo)),
    "LIST": lambda m: m.push(m.marked()),
    "TUPLE": lambda m: m.push(tuple(m.marked())),
    "TUPLE1": lambda m: m.push(tuple(m.taken(1))),
    "TUPLE2": lambda m: m.push(tuple(m.taken(2))),
    "TUPLE3": lambda m: m.push(tuple(m.taken(3))),
    "DICT": lambda m: m.dictionary(),
    "FROZENSET": lambda m: m.call_class("builtins.frozenset", [m.marked()]),
    "APPEND": lambda m: m.extend(m.taken(1)),
    "APPENDS": lambda m: m.extend(m.marked()),
    "ADDITEMS": lambda m: m.extend(m.marked()),
    "SETITEM": lambda m: m.fill(m.taken(2)),
    "SETITEMS": lambda m: m.fill(m.marked()),
    "STACK_GLOBAL": lambda m: m.name(*m.taken(2)),
    "REDUCE": lambda m: m.call(*m.taken(2)),
    "NEWOBJ": lambda m: m.call(*m.taken(2)),
    "NEWOBJ_EX": lambda m: m.call(*m.taken(3)),
    "OBJ": lambda m: m.call_first(m.marked()),
    "BUILD": lambda m: m.set_state(m.stack.pop()),
    "BINPERSID": lambda m: m.push(m.maker.outside(m.stack.pop())),
    "NEXT_BUFFER": lambda m: m.push(m.maker.outside(None)),
    "READONLY_BUFFER": lambda m: None,
}
_ACTIONS_ON: Final[dict[str, Callable[[_Machine, Any], object]]] = {
    "PROTO": lambda m, _: None,
    "FRAME": lambda m, _: None,
    **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT"), _Machine.remember),
    **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), lambda m, place: m.push(m.memo[place])),
    **dict.fromkeys(
        ("EXT1", "EXT2", "EXT4"), lambda m, code: m.push(m.maker.name(f"extension {code}"))
    ),
    # Texts of Python 2, which pickletools shows with a character for each byte.
    **dict.fromkeys(
        ("BINSTRING", "SHORT_BINSTRING"),
        lambda m, text: m.push(m.maker.old_text(text.encode("latin-1"))),
    ),
    "STRING": lambda m, content: m.push(m.maker.old_text(content)),
    "GLOBAL": lambda m, path: m.push(m.maker.name(path.replace(" ", ".", 1))),
    "INST": lambda m, path: m.call_class(path.replace(" ", ".", 1), m.marked()),
    "PERSID": lambda m, identity: m.push(m.maker.outside(identity)),
}
