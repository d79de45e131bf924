"""Pickles read as data: nothing that a pickle names is imported, called or given a state.

A pickle is a program for a stack machine. This one knows its instructions (the argument of each is
read by the standard library's `pickletools`), builds dictionaries, lists, tuples, numbers, texts,
and hands what else the program asks for to `pickled_arrays`: plain arrays come to life there,
everything else is an `Opaque` that remembers its name and does nothing. So protocols 0 to 5 and
Python 2 are read alike, and what nobody reads beside the arrays does not matter.

A dictionary keeps its text keys only: nothing else can be asked for. Work is linear in the file.
"""

import codecs
import pickletools
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, Final, cast

from pipeline.corpora.imports.pickled_arrays import Budget, Opaque, PickledArrayError, construct

MAX_MEMO: Final = 2**32  # what the protocol's binary instructions can say
CONSTANTS: Final = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}
EMPTY: Final[dict[str, Callable[[], Any]]] = {
    "EMPTY_LIST": list,
    "EMPTY_SET": list,
    "EMPTY_DICT": dict,
}
FIXED_TUPLES: Final = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
LITERALS: Final = frozenset(
    [
        "INT",
        "BININT",
        "BININT1",
        "BININT2",
        "LONG",
        "LONG1",
        "LONG4",
        "FLOAT",
        "BINFLOAT",
        "UNICODE",
        "BINUNICODE",
        "SHORT_BINUNICODE",
        "BINUNICODE8",
        "BINBYTES",
        "SHORT_BINBYTES",
        "BINBYTES8",
        "BYTEARRAY8",
    ]
)
OPCODES: Final = {opcode.code.encode("latin-1"): opcode for opcode in pickletools.opcodes}
# Texts of Python 2, which were bytes.
BYTE_STRINGS: Final = frozenset(("BINSTRING", "SHORT_BINSTRING"))
PUT: Final = frozenset(("PUT", "BINPUT", "LONG_BINPUT"))
GET: Final = frozenset(("GET", "BINGET", "LONG_BINGET"))
# What damaged or hostile bytes raise in `pickletools` and in this module.
FAULTS: Final = (ValueError, IndexError, KeyError, TypeError, OverflowError, RecursionError)


class PlainPickleError(ValueError):
    """Not a pickle, or not a whole one."""


def read_pickle(path: Path) -> Any:
    """What the pickle at `path` holds, in plain values, `Opaque` and arrays (see `plain`)."""
    with path.open("rb") as stream:
        source = _Source(stream, path.stat().st_size)
        machine = _Machine(Budget(source.left))
        place = 0
        try:
            while not machine.is_done:
                place = source.size - source.left
                machine.step(*source.next_instruction())
        except PickledArrayError as error:
            raise PlainPickleError(f"byte {place}: {error}") from None
        except FAULTS as error:
            raise PlainPickleError(
                f"byte {place}: no whole pickle ({type(error).__name__}: {error})"
            ) from None
    return machine.result


class _Source:
    """The bytes of a file, never more at once than it has: a length in a pickle is only a claim."""

    def __init__(self, stream: IO[bytes], size: int) -> None:
        self._stream, self.size, self.left = stream, size, size

    def read(self, n: int) -> bytes:
        return self._count(self._stream.read(max(0, min(n, self.left))))

    def readline(self) -> bytes:
        return self._count(self._stream.readline())

    def next_instruction(self) -> tuple[str, Any]:
        """Name and argument of the next instruction."""
        code = self.read(1)
        if not code:
            raise ValueError("the file ends in the middle")
        opcode = OPCODES[code]
        if opcode.name == "STRING":  # pickletools allows ASCII alone there
            return opcode.name, _quoted(self.readline())
        return opcode.name, None if opcode.arg is None else opcode.arg.reader(cast(IO[bytes], self))

    def _count(self, content: bytes) -> bytes:
        self.left -= len(content)
        return content


class _Machine:
    """The stack, the marks in it, and the memo of a pickle that is being read."""

    def __init__(self, budget: Budget) -> None:
        self.is_done = False
        self.result: Any = None
        self._stack: list[Any] = []
        self._below: list[list[Any]] = []  # stacks below each mark
        self._memo: dict[int, Any] = {}
        self._budget = budget

    def step(self, name: str, argument: Any) -> None:
        """Do one instruction."""
        push = self._stack.append
        if name in LITERALS:
            push(argument)
        elif name in BYTE_STRINGS:
            push(argument.encode("latin-1"))
        elif name in CONSTANTS:
            push(CONSTANTS[name])
        elif name in EMPTY:
            push(EMPTY[name]())
        elif name in FIXED_TUPLES:
            push(self._pop_last(FIXED_TUPLES[name]))
        elif name in PUT:
            self._remember(int(argument))
        elif name in GET:
            push(self._memo[int(argument)])
        else:
            self._other(name, argument)

    def _other(self, name: str, argument: Any) -> None:
        method = getattr(self, f"_do_{name.lower()}", None)
        if method is None:
            raise ValueError(f"instruction {name} belongs in no file")
        method(argument)

    def _pop(self) -> Any:
        return self._stack.pop()

    def _pop_last(self, n: int) -> tuple[Any, ...]:
        if len(self._stack) < n:
            raise IndexError("the stack is empty")
        found = tuple(self._stack[-n:])
        del self._stack[-n:]
        return found

    def _pop_mark(self) -> list[Any]:
        above, self._stack = self._stack, self._below.pop()
        return above

    def _remember(self, place: int) -> None:
        if not 0 <= place < MAX_MEMO:
            raise ValueError(f"{place} is no place of the memo")
        self._memo[place] = self._stack[-1]

    def _do_stop(self, _: None) -> None:
        self.result, self.is_done = self._pop(), True

    def _do_proto(self, _: int) -> None:
        pass

    def _do_frame(self, _: int) -> None:
        pass

    def _do_readonly_buffer(self, _: None) -> None:
        pass

    def _do_mark(self, _: None) -> None:
        self._below.append(self._stack)
        self._stack = []

    def _do_pop(self, _: None) -> None:
        if self._stack:
            self._pop()
        else:
            self._pop_mark()

    def _do_pop_mark(self, _: None) -> None:
        self._pop_mark()

    def _do_dup(self, _: None) -> None:
        self._stack.append(self._stack[-1])

    def _do_memoize(self, _: None) -> None:
        self._remember(len(self._memo))

    def _do_string(self, text: bytes) -> None:
        self._stack.append(text)

    def _do_tuple(self, _: None) -> None:
        found = tuple(self._pop_mark())
        self._stack.append(found)

    def _do_list(self, _: None) -> None:
        found = self._pop_mark()
        self._stack.append(found)

    _do_frozenset = _do_list

    def _do_dict(self, _: None) -> None:
        pairs = self._pop_mark()
        self._stack.append({})
        self._set_items(pairs)

    def _do_append(self, _: None) -> None:
        self._extend([self._pop()])

    def _do_appends(self, _: None) -> None:
        self._extend(self._pop_mark())

    _do_additems = _do_appends

    def _do_setitem(self, _: None) -> None:
        self._set_items(list(self._pop_last(2)))

    def _do_setitems(self, _: None) -> None:
        self._set_items(self._pop_mark())

    def _extend(self, items: list[Any]) -> None:
        if isinstance(self._stack[-1], list):
            self._stack[-1].extend(items)

    def _set_items(self, pairs: list[Any]) -> None:
        target = self._stack[-1]
        if isinstance(target, dict):
            for key, value in zip(pairs[::2], pairs[1::2], strict=True):
                text = key.decode("latin-1") if isinstance(key, bytes) else key
                if isinstance(text, str):
                    target[text] = value

    def _do_global(self, names: str) -> None:
        module, _, name = names.partition(" ")
        self._stack.append(Opaque(f"{module}.{name}"))

    def _do_stack_global(self, _: None) -> None:
        module, name = self._pop_last(2)
        self._stack.append(Opaque(f"{_shown(module)}.{_shown(name)}"))

    def _do_reduce(self, _: None) -> None:
        made, arguments = self._pop_last(2)
        self._stack.append(construct(made, arguments, self._budget))

    def _do_build(self, _: None) -> None:
        state = self._pop()
        if isinstance(target := self._stack[-1], Opaque):
            target.set_state(state, self._budget)

    def _do_newobj(self, _: None) -> None:
        made, _arguments = self._pop_last(2)
        self._stack.append(Opaque(_shown(made)))

    def _do_newobj_ex(self, _: None) -> None:
        made, _arguments, _keywords = self._pop_last(3)
        self._stack.append(Opaque(_shown(made)))

    def _do_obj(self, _: None) -> None:
        found = self._pop_mark()
        self._stack.append(Opaque(_shown(found[0])))

    def _do_inst(self, names: str) -> None:
        self._pop_mark()
        self._do_global(names)

    def _do_persid(self, _: str) -> None:
        self._stack.append(Opaque("something outside the file"))

    def _do_binpersid(self, _: None) -> None:
        self._pop()
        self._do_persid("")

    def _do_next_buffer(self, _: None) -> None:
        self._do_persid("")

    def _do_ext1(self, code: int) -> None:
        self._stack.append(Opaque(f"extension {code}"))

    _do_ext2 = _do_ext4 = _do_ext1


def _quoted(line: bytes) -> bytes:
    """The bytes of a text of Python 2 that stands in quotes, as `repr` wrote them."""
    text = line.strip()
    if not line.endswith(b"\n") or len(text) < 2 or text[0] != text[-1] or text[:1] not in b"'\"":
        raise ValueError(f"{line[:40]!r} is no text in quotes")
    return codecs.escape_decode(text[1:-1])[0]


def _shown(value: object) -> str:
    if isinstance(value, Opaque):
        return value.name
    return value if isinstance(value, str) else type(value).__name__
