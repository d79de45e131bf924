"""YAML files as plain values, with the line of every key; what YAML takes in silence is refused.

No object is built but plain values. Refused: a key that stands twice (YAML keeps the last one), a
value that grows without bound through anchors, `__use_yte__` (Snakemake would run what stands in
the file), numbers that are others than they look, values that are no text, number, list or mapping.
Faults name file, line and column.
"""

import re
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from yaml.constructor import SafeConstructor

from pipeline.base.errors import SettingsError
from pipeline.base.files import line_of_error, plain_file

MAX_BYTES = 1 << 18  # a configuration is a few kilobytes
MAX_VALUES = 50_000  # anchors written out
TEMPLATE = "__use_yte__"
NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")
MERGE = "tag:yaml.org,2002:merge"
# Built by PyYAML, and nothing that a key takes; other tags it refuses itself.
ODD_TAGS = tuple(f"tag:yaml.org,2002:{kind}" for kind in ("set", "omap", "pairs"))
MAX_BITS = 63  # of a whole number
# What PyYAML raises where a text is not what its tag says, as `!!int x`; 2024-13-45 is a date.
NOT_OF_ITS_TAG = (ValueError, OverflowError, LookupError, AttributeError)
DISGUISED = re.compile(r"[-+]?(0[0-9_]+|[0-9_]+(:[0-9.]+)+)")  # 010 is 8, 1:30 is 90
HINTS = {
    "\\t": "indent with spaces: YAML takes no tab there",
    "mapping values are not allowed": "a colon within a text needs quotes around the text",
    "block mapping": "does a line before it stand further left or right than its neighbours, "
    "or lack a closing bracket?",
    "expected ',' or": "is a bracket or a comma missing on this line or before?",
    "undefined alias": "`*name` repeats what `&name` marks; a text that begins with * needs quotes",
}

Place = tuple[str | int | float, ...]  # keys and positions from the top of the file


@dataclass(frozen=True)
class YamlFile:
    """What a file says, and where: `lines` counts from 1."""

    path: Path
    values: dict[str, Any]
    lines: Mapping[Place, int]

    def where(self, place: Place) -> str | None:
        """File and line of a place, or of the nearest one around it; None if none is there."""
        for end in range(len(place), 0, -1):
            if place[:end] in self.lines:
                return f"{self.path}, line {self.lines[place[:end]]}"
        return None


def read_yaml(path: Path) -> YamlFile:
    """Read a YAML file of sections; SettingsError where it is no such file."""
    text = _read_text(path)
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        values = yaml.safe_load(text) if node is None or _is_sound(path, node) else None
    except SettingsError:
        raise
    except yaml.MarkedYAMLError as error:
        raise SettingsError(f"{_at(path, error.problem_mark)}: {_told(error)}") from None
    except yaml.YAMLError as error:
        raise SettingsError(f"{path}: cannot be read as YAML: {error}") from None
    except RecursionError:
        raise SettingsError(f"{path}: cannot be read as YAML: nested too deeply") from None

    if not isinstance(values, dict) or node is None:
        raise SettingsError(
            f"{path}: expected a mapping of sections, as `corpora:` with its keys below; "
            f"it holds {'nothing' if values is None else f'a {type(values).__name__}'}"
        )
    return YamlFile(path, values, dict(_lines(node, ())))


def _read_text(path: Path) -> str:
    try:
        with plain_file(path).open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise SettingsError(f"{path}: cannot be read: there is no such file") from None
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from None

    if len(content) > MAX_BYTES:
        raise SettingsError(f"{path}: more than {MAX_BYTES:,} bytes: not a configuration")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = line_of_error(content, error)
        raise SettingsError(
            f"{path}, line {line}: cannot be read as YAML: byte {content[error.start]:#x} is not "
            "UTF-8; save the file as UTF-8"
        ) from None


def _is_sound(path: Path, top: yaml.Node) -> bool:
    """True, or a SettingsError: no key twice, no template, anchors within bounds."""
    _count(path, top, {}, set())
    # A node that several anchors share is looked at once.
    waiting, seen = [top], set()
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            _refuse_twice(path, node)
            waiting += [part for pair in node.value for part in pair]
        elif isinstance(node, yaml.SequenceNode):
            waiting += node.value
        else:
            _refuse_odd(path, node)
        if node.tag in ODD_TAGS:
            raise SettingsError(
                f"{_at(path, node.start_mark)}: {node.tag} is read by nothing here; write a plain "
                "list or keys with values"
            )
    return True


def _refuse_odd(path: Path, node: yaml.Node) -> None:
    """Refuse a text or number that is another than it looks, or that no text file can hold."""
    place, value = _at(path, node.start_mark), _plain(path, node)
    if node.tag in NUMBERS and DISGUISED.fullmatch(node.value):
        raise SettingsError(
            f'{place}: {node.value} is {value} to YAML; write "{node.value}" for the text, or the '
            "number without zeros in front"
        )
    if isinstance(value, bytes):
        raise SettingsError(f"{place}: bytes are read by nothing here; write a text")
    if isinstance(value, str) and any("\ud800" <= letter <= "\udfff" for letter in value):
        raise SettingsError(f"{place}: holds half a character: \\ud800 to \\udfff are no letters")


def _plain(path: Path, node: yaml.Node) -> Any:
    """What a text stands for: a text, a number, a date, nothing; `<<` for a merge."""
    place = _at(path, node.start_mark)
    try:
        value = "<<" if node.tag == MERGE else SafeConstructor().construct_object(node)
    except NOT_OF_ITS_TAG:
        kind = node.tag.rpartition(":")[2]
        raise SettingsError(
            f"{place}: cannot be read as YAML: {node.value!r:.80} is no {kind} that can be read; "
            "a text needs quotes"
        ) from None

    if isinstance(value, int) and value.bit_length() > MAX_BITS:
        raise SettingsError(
            f"{place}: a whole number of {value.bit_length():,} bits; {MAX_BITS} are read"
        )
    return value


def _count(path: Path, node: yaml.Node, counts: dict[int, int], open_: set[int]) -> int:
    """How many values a node stands for once its anchors are written out."""
    if id(node) in open_:
        raise SettingsError(f"{_at(path, node.start_mark)}: an anchor holds itself")

    if id(node) not in counts:
        open_.add(id(node))
        parts = [] if isinstance(node, yaml.ScalarNode) else node.value
        flat = [child for part in parts for child in (part if isinstance(part, tuple) else (part,))]
        counts[id(node)] = 1 + sum(_count(path, child, counts, open_) for child in flat)
        open_.discard(id(node))

    if counts[id(node)] > MAX_VALUES:
        raise SettingsError(
            f"{_at(path, node.start_mark)}: anchors and aliases make more than {MAX_VALUES:,} "
            "values of this; write out what you need"
        )
    return counts[id(node)]


def _refuse_twice(path: Path, node: yaml.MappingNode) -> None:
    first: dict[Hashable, int] = {}
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise SettingsError(f"{_at(path, key.start_mark)}: a key must be a plain text")

        line = key.start_mark.line + 1
        if key.value == TEMPLATE:
            raise SettingsError(
                f"{path}, line {line}: {TEMPLATE}: templates are not run; delete it"
            )
        # `yes` and `on` are one key to YAML, as are 1 and 0x1; `<<` is none.
        told = _plain(path, key)
        if told in first and key.tag != MERGE:
            raise SettingsError(
                f"{path}, line {line}: the key {key.value!r} stands twice, first in line "
                f"{first[told]}: YAML would keep the last one; make one of the two"
            )
        first[told] = line


def _lines(node: yaml.Node, place: Place) -> Iterator[tuple[Place, int]]:
    """The line of every key and list entry, aliases written out."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == "<<":
                yield from _lines(value, place)
                continue
            yield (*place, key.value), key.start_mark.line + 1
            yield from _lines(value, (*place, key.value))
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            yield (*place, number), value.start_mark.line + 1
            yield from _lines(value, (*place, number))


def _at(path: Path, mark: yaml.Mark | None) -> str:
    return f"{path}, line {mark.line + 1}, column {mark.column + 1}" if mark else str(path)


def _told(error: yaml.MarkedYAMLError) -> str:
    """What the parser says, and what usually is behind it."""
    said = ", ".join(filter(None, [error.context, error.problem]))
    hint = next((hint for words, hint in HINTS.items() if words in said), "")
    return "; ".join(filter(None, [f"cannot be read as YAML: {said}", hint]))
