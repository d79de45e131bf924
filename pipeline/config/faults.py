"""What is wrong with a value of the configuration, in the words of somebody who writes YAML.

One line per fault: the path in config.yaml, what is wrong there, what is allowed, the value as it
was read, file and line.
"""

import datetime
import difflib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from pydantic_core import ErrorDetails, PydanticCustomError, ValidationError

Place = tuple[str | int | float, ...]
Where = Callable[[Place], str | None]

NOT_A_NAME = "not a name: 1 to 128 letters, digits, '.', '_' or '-', not beginning with '.' or '-'"
MAPPINGS = ("dict_type", "model_type", "model_attributes_type")
# Kinds of pydantic's errors by what they mean; all others keep pydantic's own words.
MEANINGS = {
    "string_pattern_mismatch": NOT_A_NAME,
    "string_too_long": NOT_A_NAME,
    "string_too_short": "must not be empty",
    "missing": "this key is needed",
    "string_type": "must be text",
    "string_unicode": "must be UTF-8; a folder of another name can be reached through a link",
    "tuple_type": "must be a list, as [a, b]",
    **dict.fromkeys(MAPPINGS, "must be keys with values, as `key: value`, not a single value"),
    "union_tag_not_found": "needs the key `model`, which says what the method is",
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float"), "must be a whole number"),
    **dict.fromkeys(("float_type", "float_parsing"), "must be a number"),
    **dict.fromkeys(("bool_type", "bool_parsing"), "must be true or false"),
}
BOOLEAN = "without quotes YAML takes yes, no, on, off, true and false for truth values"
# Where no word can stand, quotes are no way out.
WORDLESS = ("tuple_type", *MAPPINGS)
NOTHING = "nothing stands after the colon; "


def refusal(place: Place, message: str, value: object = None) -> PydanticCustomError:
    """An error at `place` below the section that raises it; `value` None: not shown."""
    context = {"place": place, "message": message, "value": value}
    return PydanticCustomError("refused", "{message}", context)


def unknown_key(key: str, allowed: Sequence[str]) -> PydanticCustomError:
    """An error about a key that no section of this kind has."""
    message = f"unknown key; use one of {', '.join(allowed)}{did_you_mean(key, allowed)}"
    return PydanticCustomError("unknown_key", "{message}", {"key": key, "message": message})


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """`; did you mean 'x'?`, or nothing where no known word is near; case does not count."""
    lower = {name.lower(): name for name in reversed(known)}
    near = difflib.get_close_matches(word.lower(), lower, n=1, cutoff=0.6)
    return f"; did you mean {lower[near[0]]!r}?" if near else ""


def relayed(error: ValidationError, place: Place, values: Any) -> PydanticCustomError:
    """The first fault of a section inside another one, told by the outer at its `place` below."""
    item = error.errors()[0]
    inner, message, value, is_shown = _parts(item, values)
    return refusal((*place, *inner), message + _trap(item, value), value if is_shown else None)


def explain_fault(item: ErrorDetails, values: Any, where: str, lines: Where | None) -> str:
    """One line about one fault; `values` is what was validated."""
    place, message, value, is_shown = _parts(item, values)
    path = ".".join([where, *map(str, place)] if where else map(str, place))
    shown = f" (value: {value!r:.120})" if is_shown else ""
    line = lines(place) if lines else None
    told = ": ".join(filter(None, ["config", path, message + _trap(item, value) + shown]))
    return f"{told} ({line})" if line else told


def _parts(item: ErrorDetails, values: Any) -> tuple[Place, str, Any, bool]:
    """Where a fault stands, what is wrong, the value, and whether to show it."""
    place, message, value = tuple(_place(item["loc"], values)), _message(item), item["input"]
    is_shown = item["type"] != "missing"
    # Some faults stand at another place than where pydantic met them.
    if item["type"] == "unknown_key":
        key = item["ctx"]["key"]
        place, value = (*place, key), _get(value, key)
    elif item["type"] == "refused":
        place, value = (*place, *item["ctx"]["place"]), item["ctx"]["value"]
        is_shown = value is not None
    elif item["type"] == "union_tag_invalid":
        place, value = (*place, "model"), _get(value, "model")
    elif item["type"] == "value_error" and isinstance(value, Mapping):
        is_shown = False
    return place, message, value, is_shown


def _message(item: ErrorDetails) -> str:
    kind, said = item["type"], item["msg"]
    if kind in ("unknown_key", "refused"):
        return str(item["ctx"]["message"])
    if kind in MEANINGS:
        return MEANINGS[kind]
    if kind == "union_tag_invalid":
        expected = item["ctx"]["expected_tags"]
        return f"must be one of {expected}{_near(item['ctx']['tag'], expected)}"
    said = said.removeprefix("Value error, ").replace("Input should be", "must be")
    return said + _near(item["input"], item["ctx"]["expected"]) if kind == "literal_error" else said


def _near(value: object, expected: str) -> str:
    """Did-you-mean among the quoted words of `expected`."""
    return did_you_mean(str(value), re.findall(r"'([^']*)'", expected))


def _trap(item: ErrorDetails, value: object) -> str:
    """What YAML made of a text that was meant otherwise, and how to say it."""
    kind = item["type"]
    if kind in ("missing", "unknown_key", "value_error"):
        return ""

    if value is None and kind != "refused":
        empty = {"tuple_type": "[] for none", **dict.fromkeys(MAPPINGS, "{} for none")}
        return f": {NOTHING}write {empty.get(kind, 'a value')}, or delete the key"

    if isinstance(value, bool) and not kind.startswith("bool"):
        if BOOLEAN in item["msg"]:
            return ""
        return f": {BOOLEAN}{'' if kind in WORDLESS else '; put the word in quotes'}"

    if isinstance(value, datetime.date) and kind == "string_type":
        return f': without quotes YAML takes this for a date; write "{value}"'
    if isinstance(value, int | float) and kind == "string_type":
        return f': without quotes YAML takes this for a number; write "{value}"'
    return ""


def _place(loc: tuple[int | str, ...], values: Any) -> Iterator[str | int]:
    """The parts of `loc` that stand in the file; pydantic adds the kinds of a union that it tried.

    A part that is not there is the missing key, if it comes last.
    """
    for depth, part in enumerate(loc):
        keys = list(values) if isinstance(values, Mapping) else []
        # Of a key `no`, which YAML reads as False, pydantic tells 0.
        found = [key for key in keys if part in (key, str(key))]
        if found:
            part, values = str(found[0]), values[found[0]]
        elif isinstance(values, list | tuple) and isinstance(part, int):
            values = values[part] if part < len(values) else None
        elif not (isinstance(values, Mapping) and depth == len(loc) - 1 and part != "[key]"):
            continue
        yield part


def _get(value: object, key: str) -> object:
    return value.get(key) if isinstance(value, Mapping) else None
