"""What was found in one media file: turns, who speaks, what is said; the JSON of the speech stages.

Times in seconds of the file, confidences 0 to 1, None where nothing is known. Turns are in the
order of their beginnings. A file without speech has no turns, and says why.
"""

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from pydantic import ConfigDict, TypeAdapter, ValidationError

from pipeline.base.files import load_json, write_json

VOICE = "voice"  # found by us; else the name of a file beside the video
DIGITS = 3  # of seconds and confidences: a table that a person saves keeps them
MAX_TURNS = 100_000  # of a file; a day of the fastest talk has fewer


class TurnsError(ValueError):
    """A file is not what a speech stage wrote."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A stretch of one person's speech; "" = nobody is named, or no words are known."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")
    start_s: float
    end_s: float
    speaker: str = ""
    text: str = ""
    speech_confidence: float | None = None
    speaker_confidence: float | None = None
    text_confidence: float | None = None
    remark: str = ""  # why there are no words


@dataclass(frozen=True, slots=True)
class Found:
    """The turns of a media file (path below the corpus root, sha256 or "" where it has none)."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")
    media: str
    sha256: str
    source: str
    turns: tuple[Turn, ...] = ()
    problem: str = ""  # why there are no turns
    notes: tuple[str, ...] = field(default=())


def as_written(number: float) -> float:
    """As it is written; -0.0 is 0.0."""
    return round(float(number), DIGITS) + 0.0


def turns_in_order(turns: Iterable[Turn]) -> tuple[Turn, ...]:
    """By their beginnings."""
    return tuple(sorted(turns, key=lambda turn: (turn.start_s, turn.end_s)))


def write_found(path: Path, found: Found) -> None:
    """Write what was found, whole or not at all."""
    write_json(path, asdict(found))


def read_found(path: Path) -> Found:
    """Read what `write_found` wrote; TurnsError where something else is there."""
    try:
        return from_json(load_json(path.read_bytes()))
    except ValueError as error:  # neither UTF-8, nor JSON, nor turns
        raise TurnsError(f"{path}: {error}; delete it, and `snakemake` makes it again") from None


def from_json(values: Any) -> Found:
    """The values of a file of the stages, or of a cached record; TurnsError where they are none."""
    try:
        found = _FOUND.validate_python(values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise TurnsError(f"{place or 'the whole'}: {first['msg']}") from None
    if not all(math.isfinite(turn.start_s) and turn.start_s < turn.end_s for turn in found.turns):
        raise TurnsError("a turn is empty")
    return found


_FOUND = TypeAdapter(Found)
