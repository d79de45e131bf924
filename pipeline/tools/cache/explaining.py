"""Why an utterance is in the cache, or not: its ingredients beside those of the nearest record."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.base.arrays import ArraysError, read_header
from pipeline.features.speech.cache import KIND as SPEECH
from pipeline.tools.cache.asked import Asked
from pipeline.tools.cache.contents import SUFFIXES, Kept, contents

CONTENT = ("media", "text", "crops")  # which utterance a record is about


@dataclass(frozen=True)
class KeyDifference:
    """One ingredient that two keys do not share."""

    name: str
    wanted: Any
    kept: Any


def is_kept(cache: Path, asked: Asked) -> bool:
    """Whether the cache has the record."""
    name = f"{asked.key}{SUFFIXES[asked.kind]}"
    return (cache / asked.kind / asked.key[:2] / name).is_file()


def nearest(cache: Path, asked: Asked) -> tuple[str, list[KeyDifference]] | None:
    """Of all records of the kind the one that differs least, and how; None if there is none.

    Records of the same content come first. Archives of faces do not hold their ingredients.
    """
    best = min(
        _records(cache, asked.kind), key=lambda record: _distance(asked, record[1]), default=None
    )
    return None if best is None else (best[0], key_differences(asked.ingredients, best[1]))


def key_differences(wanted: Mapping[str, Any], kept: Mapping[str, Any]) -> list[KeyDifference]:
    """Ingredients that differ, by name."""
    here, there = dict(flat(wanted)), dict(flat(kept))
    names = sorted(here.keys() | there.keys())
    return [
        KeyDifference(name, here.get(name), there.get(name))
        for name in names
        if here.get(name) != there.get(name)
    ]


def flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Ingredients under dotted names."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def _distance(asked: Asked, kept: Mapping[str, Any]) -> tuple[bool, int]:
    is_other = any(asked.ingredients.get(name) != kept.get(name) for name in CONTENT)
    return is_other, len(key_differences(asked.ingredients, kept))


def _records(cache: Path, kind: str) -> Iterable[tuple[str, dict[str, Any]]]:
    for record in contents(cache):
        if record.kind == kind and kind != "faces":
            try:
                yield record.key, _ingredients(record)
            except (ArraysError, KeyError, TypeError, ValueError, FileNotFoundError):
                continue  # `verify` names damaged records


def _ingredients(record: Kept) -> dict[str, Any]:
    if record.kind == SPEECH:
        found = json.loads(record.path.read_text(encoding="utf-8"))["ingredients"]
    else:
        found = read_header(record.path)["ingredients"]
    return dict(found)
