"""What the readers of transcripts share: bounded text, times, and errors with file and line."""

import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from pipeline.base.files import line_of_error, plain_file
from pipeline.corpora.texts import clean_text, printable
from pipeline.corpora.turns import MAX_TURNS, Turn, as_written

MAX_BYTES = 64 * 2**20  # an hour of whisperX with each word's times has about two million
MAX_SECONDS = 10 * 24 * 3600.0
CLOCK = re.compile(r"(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2})(?:[.,](\d{1,9}))?")


class TranscriptError(ValueError):
    """A transcript cannot be read; the text names file, line, value and the way out."""


class NoTranscriptError(TranscriptError):
    """A file of a suffix that other things have, too: it holds no transcript."""


def read_text(path: Path, name: str) -> str:
    """The text of a transcript: UTF-8 or, as Praat writes it, UTF-16 with a byte order mark."""
    size = plain_file(path).stat().st_size

    if size > MAX_BYTES:
        raise TranscriptError(
            f"{name}: has {size:,} bytes, at most {MAX_BYTES:,} are read; move it away, or cut it"
        )

    content = path.read_bytes()
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"

    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = line_of_error(content, error)
        raise TranscriptError(
            f"{name} line {line}: not {encoding.upper()[:6].strip('-')} (byte {error.start}); "
            "save it as UTF-8"
        ) from None


def fault(name: str, line: int | None, problem: str) -> TranscriptError:
    """The error for a place in a transcript."""
    where = f"{name} line {line}" if line is not None else name
    return TranscriptError(f"{where}: {printable(problem, limit=300)}; mend it, or move it away")


def clock_s(text: str) -> float | None:
    """Seconds of 1:02:03.456, 02:03.456 or 00:02:03,456; None where it is no such time."""
    match = CLOCK.fullmatch(text.strip())
    if match is None:
        return None
    hours, minutes, seconds, fraction = match.groups()
    return int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds) + float(f"0.{fraction or 0}")


def checked_turns(turns: Iterable[tuple[int | None, Turn]], name: str) -> list[Turn]:
    """Turns with tidy words and times that can be; each comes with its line, for the error."""
    found: list[Turn] = []
    for line, turn in turns:
        times = turn.start_s, turn.end_s
        if not all(0 <= time <= MAX_SECONDS for time in times) or times[1] < times[0]:
            raise fault(name, line, f"the times {times[0]:g} to {times[1]:g} s cannot be")
        start_s, end_s = map(as_written, times)
        if start_s == end_s:
            continue  # a mark of no length is no utterance
        if len(found) == MAX_TURNS:
            raise fault(name, line, f"more than {MAX_TURNS:,} turns")
        speaker, text = clean_text(turn.speaker), clean_text(turn.text)
        found.append(replace(turn, start_s=start_s, end_s=end_s, speaker=speaker, text=text))
    return found
