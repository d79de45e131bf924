"""JSON of Whisper and whisperX: `segments` with start, end (seconds), text and, told, speaker."""

import json
import math
from collections.abc import Iterator
from typing import Any

from pipeline.base.files import load_json
from pipeline.corpora.transcripts.reading import NoTranscriptError, checked_turns, fault
from pipeline.corpora.turns import Turn, as_written


def parse_json(text: str, name: str) -> list[Turn]:
    """Segments; NoTranscriptError where the file holds something else."""
    try:
        content = load_json(text)
    except json.JSONDecodeError as error:
        raise fault(name, error.lineno, f"not JSON: {error.msg}") from None
    except ValueError as error:
        raise fault(name, None, f"not read: {error}") from None
    segments = content.get("segments") if isinstance(content, dict) else None
    if not isinstance(segments, list):
        raise NoTranscriptError(f"{name}: has no list `segments`, so it is no transcript")
    return checked_turns(((None, turn) for turn in _turns(segments, name)), name)


def _turns(segments: list[Any], name: str) -> Iterator[Turn]:
    for number, segment in enumerate(segments):
        where = f"{name} segments[{number}]"
        if not isinstance(segment, dict):
            raise fault(where, None, "is not an object")
        start_s, end_s = (_seconds(segment, key, where) for key in ("start", "end"))
        speaker, text = (_string(segment, key, where) for key in ("speaker", "text"))
        yield Turn(start_s, end_s, speaker, text, text_confidence=_sureness(segment))


def _seconds(segment: dict[str, Any], key: str, where: str) -> float:
    value = segment.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e9:
        raise fault(where, None, f"{key} is {value!r:.60}, expected seconds")
    return float(value)


def _string(segment: dict[str, Any], key: str, where: str) -> str:
    value = segment.get(key)
    if value is not None and not isinstance(value, str):
        raise fault(where, None, f"{key} is {value!r:.60}, expected text")
    return value or ""


def _sureness(segment: dict[str, Any]) -> float | None:
    """The mean probability of a token, where Whisper tells its logarithm."""
    value = segment.get("avg_logprob")
    is_log = isinstance(value, int | float) and not isinstance(value, bool) and -1e3 < value <= 0
    return as_written(math.exp(value)) if is_log else None  # type: ignore[arg-type]
