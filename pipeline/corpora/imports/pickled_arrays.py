"""numpy's arrays, dtypes and scalars out of a pickle, each checked before numpy sees it.

What numpy itself calls to rebuild them takes any state on trust: bytes as an array of objects are
pointers of the writer's choice. Here bytes become numbers or texts only, exactly as many as the
shape says, and objects stay the plain values that they are in the pickle.
Forms: numpy 1 and 2, `__reduce__` of ndarray, dtype and scalar (numpy/_core/src/multiarray/
methods.c, descriptor.c), and `_frombuffer` of protocol 5 (numpy/_core/numeric.py).
"""

import math
import re
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

MAX_DIMENSIONS: Final = 8
MAX_CHARACTER: Final = 0x10FFFF
BYTES_OF_OBJECT: Final = 8
ALLOWED_FACTOR, ALLOWED_MORE = 16, 2**20
_TYPE: Final = re.compile(r"([<>=|]?)([biufSUO])([0-9]{1,9})")
_ORDERS: Final = ("<", ">", "=", "|")


class PickledArrayError(ValueError):
    """An array of a pickle contradicts itself."""


class Budget:
    """How many bytes may still be made out of a file: values that are used again cost again."""

    def __init__(self, size: int) -> None:
        self._left = ALLOWED_FACTOR * size + ALLOWED_MORE

    def spend(self, n_bytes: int) -> None:
        """Refuse what makes much more of a file than it holds."""
        self._left -= n_bytes
        if self._left < 0:
            raise PickledArrayError("the file unfolds to many times its size")


class Opaque:
    """Something that a pickle names. Of itself it is inert; arrays and dtypes may get a state."""

    def __init__(self, name: str) -> None:
        self.name = name

    def set_state(self, state: Any, budget: Budget) -> None:
        """What nobody knows takes no state."""


class PickledType(Opaque):
    """A dtype: its code such as f4, with the byte order that its state tells."""

    def __init__(self, code: str) -> None:
        super().__init__(f"dtype {code}")
        self._code, self._order = code, ""

    def set_state(self, state: Any, budget: Budget) -> None:
        """Take the byte order."""
        order = text_of(state[1]) if isinstance(state, tuple) and len(state) > 1 else None
        if order not in _ORDERS:
            raise PickledArrayError(f"{order!r:.20} is not a byte order, expected one of {_ORDERS}")
        self._order = order

    def resolve(self) -> "np.dtype[Any] | None":
        """The type; None where it is none of numbers, texts and objects."""
        match = _TYPE.fullmatch(self._code)
        if match is None:
            return None
        if match[2] == "O":
            return np.dtype(object)
        try:
            return np.dtype(f"{self._order or match[1]}{match[2]}{match[3]}")
        except TypeError as error:
            raise PickledArrayError(f"dtype {self._code}: {error}") from None


class PickledArray(Opaque):
    """An array that waits for its state; `value` is the array, or a list of plain objects."""

    value: NDArray[Any] | list[Any] | None = None

    def set_state(self, state: Any, budget: Budget) -> None:
        """Take shape, dtype and values."""
        if not isinstance(state, tuple) or len(state) != 5:
            raise PickledArrayError("an array has no state of five values")
        _, shape, kind, is_fortran, content = state
        self.fill(
            kind, shape, "F" if is_fortran is True or is_fortran == 1 else "C", content, budget
        )

    def fill(self, kind: Any, shape: Any, order: str, content: Any, budget: Budget) -> None:
        """Take the values, if there are as many as the shape says."""
        resolved = kind.resolve() if isinstance(kind, PickledType) else None
        if resolved is None or isinstance(content, Opaque):
            self.name = f"an array of {kind.name if isinstance(kind, Opaque) else 'no dtype'}"
            return

        n_values = math.prod(_checked_shape(shape))
        if resolved.hasobject:
            self.value = _objects(content, shape, n_values, budget)
            return

        found = _as_bytes(content)
        if resolved.itemsize == 0 or len(found) != n_values * resolved.itemsize:
            raise PickledArrayError(
                f"an array of shape {shape} and type {resolved} has {len(found)} bytes, "
                f"expected {n_values * resolved.itemsize}"
            )

        flat: NDArray[Any] = np.frombuffer(found, resolved, n_values)
        if not are_characters(flat):
            raise PickledArrayError("a text of numpy holds numbers that are not characters")
        self.value = flat.reshape(shape, order="F" if order == "F" else "C")


def are_characters(array: NDArray[Any]) -> bool:
    """Whether an array of texts holds nothing beyond Unicode: numpy would make strings of it that
    break Python's own rules.
    """
    if array.dtype.kind != "U" or not array.size:
        return True
    order = "<" if array.dtype.str[0] == "<" else ">"
    codes = np.ascontiguousarray(array).reshape(-1).view(f"{order}u4")
    return bool(codes.max() <= MAX_CHARACTER)


def plain_value(value: Any) -> Any:
    """An array for what became one; every other value as it is."""
    return value.value if isinstance(value, PickledArray) and value.value is not None else value


def _checked_shape(shape: Any) -> tuple[int, ...]:
    is_shape = isinstance(shape, tuple) and len(shape) <= MAX_DIMENSIONS
    if not is_shape or not all(type(n) is int and 0 <= n < 2**48 for n in shape):
        raise PickledArrayError(
            f"the shape of an array is not a tuple of up to {MAX_DIMENSIONS} whole numbers"
        )
    return tuple(shape)


def _objects(content: Any, shape: tuple[int, ...], n_values: int, budget: Budget) -> list[Any]:
    """Plain values in nested lists."""
    if not isinstance(content, list) or len(content) != n_values:
        raise PickledArrayError(
            f"an array of objects and shape {shape} holds {type(content).__name__}, "
            f"expected a list of {n_values}"
        )
    budget.spend(n_values * BYTES_OF_OBJECT * max(1, len(shape)))
    values = content if shape and n_values else []
    for n in reversed(shape[1:] if n_values else ()):
        values = [values[at : at + n] for at in range(0, len(values), n)]
    return values


def _as_bytes(content: Any) -> bytes | bytearray:
    if isinstance(content, bytes | bytearray):
        return content
    if isinstance(content, str):  # bytes of Python 2, read as text by who wrote them anew
        try:
            return content.encode("latin-1")
        except UnicodeEncodeError:
            pass
    raise PickledArrayError(f"an array's values are a {type(content).__name__}, expected bytes")


def text_of(value: Any) -> str | None:
    """A text, or bytes as Python 2 wrote them; None for what is neither."""
    if isinstance(value, bytes):
        return value.decode("latin-1")
    return value if isinstance(value, str) else None
