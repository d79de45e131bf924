"""How jobs, times and lines of logs are written on the terminal."""

import re
from collections.abc import Mapping

WIDTH = 500  # longer lines of a log are cut
NAMED = {"shard": "shard", "rate": "rate ", "fold": "fold", "seed": "seed"}
LEFT = re.compile(r"(?:(\d+):)?(\d+):(\d\d) left\b")  # as pipeline.base.progress writes it
SILENT = ("mask_seed",)  # the same for all masks of a configuration


def place(wildcards: Mapping[str, str]) -> str:
    """What a job works on: `demo4 iteacnet 0.7 fold3 seed0`, `demo audio shard1`."""
    shown = [NAMED.get(key, "") + value for key, value in wildcards.items() if key not in SILENT]
    return " ".join(shown)


def title(rule: str, wildcards: Mapping[str, str]) -> str:
    """The place, then what is done there; a rule that knows no places stands alone."""
    where = place(wildcards)
    return f"{where}: {rule}" if where else rule


def seconds_left(line: str) -> float | None:
    """The time left that a line of progress names."""
    found = LEFT.search(line)
    if found is None:
        return None
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return float(3600 * hours + 60 * minutes + seconds)


def clean(line: str, width: int = WIDTH) -> str:
    """A line of a log, cut, without what would steer a terminal: names of files may hold it."""
    plain = "".join(sign if sign.isprintable() else "?" for sign in line.strip())
    return plain if len(plain) <= width else plain[: width - 3] + "..."
