"""The calls that a pickle of arrays may ask for, each by a form of ours; all else is inert.

Nothing that a pickle names is imported or called. Names of numpy 1 and 2, and of Python 2 and 3.
"""

import re
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from pipeline.corpora.imports.pickled_arrays import (
    BYTES_OF_OBJECT,
    Budget,
    Opaque,
    PickledArray,
    PickledArrayError,
    PickledType,
    text_of,
)


def construct(made: Any, arguments: Any, budget: Budget) -> Any:
    """What a pickle asks to make by a call: one of `FORMS`, or something inert."""
    name = made.name if isinstance(made, Opaque) else type(made).__name__
    form = FORMS.get(re.sub(r"^__builtin__\.", "builtins.", name.replace("._core.", ".core.")))
    if form is None or not isinstance(arguments, tuple):
        return Opaque(name)
    return form(arguments, budget)


def _array(arguments: tuple[Any, ...], budget: Budget) -> Any:
    return PickledArray("an array without values")


def _array_of_buffer(arguments: tuple[Any, ...], budget: Budget) -> Any:
    if len(arguments) != 4:
        raise PickledArrayError("_frombuffer takes four values")
    content, kind, shape, order = arguments
    array = PickledArray("an array without values")
    array.fill(kind, shape, str(order), content, budget)
    return array


def _type(arguments: tuple[Any, ...], budget: Budget) -> Any:
    code = text_of(arguments[0]) if arguments else None
    return Opaque("a dtype without a name") if code is None else PickledType(code)


def _scalar(arguments: tuple[Any, ...], budget: Budget) -> Any:
    array = PickledArray("a number without values")
    if len(arguments) != 2:
        return array
    kind, content = arguments
    array.fill(kind, (), "C", content, budget)
    if not isinstance(array.value, np.ndarray):
        return array
    try:
        return array.value[()].item()
    except ValueError as error:  # a text of no characters
        raise PickledArrayError(f"a text of numpy: {error}") from None


def _encoded(arguments: tuple[Any, ...], budget: Budget) -> Any:
    """`_codecs.encode`: how bytes are written for Python 2."""
    text = arguments[0] if arguments else None
    codec = text_of(arguments[1]) if len(arguments) > 1 else "utf-8"
    if not isinstance(text, str) or codec not in ("latin1", "latin-1", "utf-8"):
        return Opaque("_codecs.encode")
    budget.spend(len(text))
    return text.encode(codec)


def _bytes(arguments: tuple[Any, ...], budget: Budget) -> Any:
    if not arguments:
        return b""
    is_plain = isinstance(arguments[0], bytes | bytearray)
    return arguments[0] if is_plain else _encoded(arguments, budget)


def _items(arguments: tuple[Any, ...], budget: Budget) -> Any:
    return arguments[0] if arguments and isinstance(arguments[0], list) else []


def _dictionary(arguments: tuple[Any, ...], budget: Budget) -> Any:
    """An ordered or default dictionary; Python 2 hands the pairs over with the call."""
    pairs = arguments[0] if arguments and isinstance(arguments[0], list) else []
    budget.spend(len(pairs) * BYTES_OF_OBJECT)
    texts = [(text_of(pair[0]), pair[1]) for pair in pairs if _is_pair(pair)]
    return {key: value for key, value in texts if key is not None}


def _is_pair(value: Any) -> bool:
    return isinstance(value, list | tuple) and len(value) == 2


Form = Callable[[tuple[Any, ...], Budget], Any]
FORMS: Final[dict[str, Form]] = {
    "numpy.core.multiarray._reconstruct": _array,
    "numpy.core.multiarray.scalar": _scalar,
    "numpy.core.numeric._frombuffer": _array_of_buffer,
    "numpy.dtype": _type,
    "_codecs.encode": _encoded,
    "builtins.bytes": _bytes,
    "builtins.bytearray": _bytes,
    "builtins.list": _items,
    "builtins.set": _items,
    "builtins.frozenset": _items,
    "builtins.dict": _dictionary,
    "collections.OrderedDict": _dictionary,
    "collections.defaultdict": _dictionary,
}
