"""What the log of a job tells: what came out, what to know of it, why it failed.

Stages write `done: ...` last, `note: ...` for what a person should know, `found: ...` for what a
study has found, and `error: ...` when they refuse. Of a long log only beginning and end are read.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.rules.terminal.words import clean

PIECE_BYTES = 64_000  # read from the beginning and from the end of a log
RAISED = re.compile(r"^[\w.]*(Error|Exception|Interrupt|Exit|Killed)\b")  # ends a traceback

KILLED = re.compile(r"^\S+: line \d+: +\d+ Killed\b")  # what bash says of a command


@dataclass(frozen=True)
class LogLines:
    """The lines of a log by their first word, without it; of `done:` the last; the last of all."""

    done: str = ""
    found: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    last: str = ""

    @property
    def reason(self) -> str:
        """Why the job failed, as far as it could say."""
        if len(self.errors) > 1:
            return f"{self.errors[0]} (the log has {len(self.errors) - 1} more)"
        if self.errors:
            return self.errors[0]
        if KILLED.match(self.last):
            return "it was killed from outside; for want of memory?"
        if self.last and RAISED.match(self.last):
            return self.last
        ended = "it ended without saying why (killed, or out of memory?)"
        return f"{ended}; its last line: {self.last}" if self.last else ended


def read_logs(paths: Sequence[str]) -> LogLines:
    """What the first log that says anything tells; nothing where there is none."""
    for path in paths:
        told = tell(_lines(Path(path)))
        if told.last:
            return told
    return LogLines()


def tell(lines: Iterable[str]) -> LogLines:
    """Sort the lines of a log."""
    kept = [line for line in map(clean, lines) if line]

    def after(word: str) -> tuple[str, ...]:
        return tuple(line.removeprefix(word) for line in kept if line.startswith(word))

    return LogLines(
        done=("", *after("done: "))[-1],
        found=after("found: "),
        notes=after("note: "),
        errors=after("error: "),
        last=kept[-1] if kept else "",
    )


def _lines(path: Path) -> list[str]:
    try:
        with path.open("rb") as stream:
            size = stream.seek(0, 2)
            stream.seek(0)
            content = stream.read(PIECE_BYTES)
            if size > PIECE_BYTES:
                stream.seek(max(PIECE_BYTES, size - PIECE_BYTES))
                content += stream.read(PIECE_BYTES)
    except OSError:
        return []
    return content.decode("utf-8", errors="replace").splitlines()
