"""Seals: what decided a job, and digests of what it wrote, from when it ended (rules/job.sh).

build/.seals/<first output>.sha256 holds a comment, `# decision <sha256>`, and one line per file, as
`sha256sum --check` reads them. A job takes its seal away before it writes, and brings the new one
to the disk before Snakemake hears of it. So a seal and its files disagree only where somebody else
changed them: a hand, another program, a disk. Snakemake alone would take such a file for a new
result, and make everything after it again from it. And a seal and Snakemake's record of a result,
which no one brings to the disk, disagree only where a power cut took or aged the record. A seal
that a disk has damaged counts as none: its result is made again, out of the caches.
"""

import os
import re
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from pipeline.base.files import file_digest

SEALS = Path("build/.seals")
SHOWN = 5
DECISION = "# decision "
SEALED = re.compile(r"\\?([0-9a-f]{64})  (.+)")  # a backslash: the name that follows has one
STAMP = ".snakemake_timestamp"  # what Snakemake takes for the date of a folder
A_LITTLE_NS = 1_000_000
CLOCK_TOLERANCE_S = 60.0  # clocks of machines that share a disk differ by less


def changed_files(seals: Path = SEALS, *, thorough: bool = False) -> list[Path]:
    """Sealed files whose content is another now; files that are gone are Snakemake's matter.

    A file is read when its content or its inode was touched after it was sealed (mtime, ctime: a
    copy that keeps the date has a new ctime), or always if `thorough`: only this finds what a disk
    changed by itself. A seal whose files have proved right is dated after them, so that they are
    not read again.
    """
    found = []

    for seal in sorted(seals.rglob("*.sha256")):
        try:
            sealed_at, sealed = seal.stat().st_mtime_ns, read_seal(seal)
        except FileNotFoundError:
            continue  # its job has just started anew
        newest, wrong = _examine(sealed, 0 if thorough else sealed_at)
        if not _is_dated(seal, sealed_at):
            continue
        found += wrong
        if newest > sealed_at and not wrong:
            os.utime(seal, ns=(newest, newest))

    return found


def dated_ahead(now_s: float, seals: Path = SEALS) -> str:
    """What is wrong where results are of a later date than the clock shows, "" if nothing.

    Snakemake deletes a new result that seems older than what it is made of.
    """
    dates = [(seal.stat().st_mtime, seal) for seal in seals.rglob("*.sha256")]
    newest, seal = max(dates, default=(0.0, seals))
    if newest <= now_s + CLOCK_TOLERANCE_S:
        return ""
    result = seals.parent / seal.relative_to(seals).with_suffix("")
    return (
        f"the clock of this computer shows {_shown(now_s)}, but {result} is of {_shown(newest)}: "
        "set the clock. If it is right now, `find build -exec touch {} +` dates all results anew"
    )


def _shown(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def read_seal(seal: Path) -> list[tuple[Path, str]]:
    """Files and the digests that they had; none where the disk has damaged the seal."""
    found = _parts(seal)
    return found[1] if found else []


def is_sealed_as(output: Path, recorded: Sequence[str], seals: Path = SEALS) -> bool:
    """Whether the seal of a job's first output holds the decision that Snakemake recorded.

    `recorded` are the params of its record, each as its `repr`. A damaged seal holds none.
    """
    try:
        found = _parts(seal_path(output, seals))
    except FileNotFoundError:
        return False
    return found is not None and found[0] != "" and repr(found[0]) in recorded


def _parts(seal: Path) -> tuple[str, list[tuple[Path, str]]] | None:
    """The decision ("" in seals of old), and files with their digests; None of a damaged seal."""
    try:
        *lines, end = seal.read_text(encoding="utf-8").split("\n")
    except UnicodeDecodeError:
        return None
    told = lines[0].removeprefix(DECISION) if lines and lines[0].startswith(DECISION) else ""
    sealed = [SEALED.fullmatch(line) for line in (lines[1:] if told else lines)]
    if end or not all(sealed):
        return None
    return told, [(Path(match[2]), match[1]) for match in sealed if match]


def seal_path(output: Path, seals: Path = SEALS) -> Path:
    """Where the seal of the job with this first output lies."""
    return seals / f"{output.relative_to(seals.parent)}.sha256"


def date_after(records: Path, output: Path) -> None:
    """Let `records` be news to a result: newer than it by a little, and of another content."""
    dates = [path.stat().st_mtime_ns for path in (records, output, output / STAMP) if path.exists()]
    newest = max(dates) + A_LITTLE_NS
    records.write_text(f"{newest} {secrets.token_hex(8)}\n", encoding="utf-8")
    os.utime(records, ns=(newest, newest))


def explain_changed(files: Sequence[Path]) -> str:
    """What is wrong with changed files, and the way out."""
    more = f" and {len(files) - SHOWN} more" if len(files) > SHOWN else ""
    names = ", ".join(map(str, files[:SHOWN])) + more
    return (
        f"changed since their rules wrote them: {names}. Results must not be edited: "
        "`python -m pipeline cache verify --repair` removes such files, "
        "then `snakemake` makes them again"
    )


def _examine(sealed: Sequence[tuple[Path, str]], since_ns: int) -> tuple[int, list[Path]]:
    """The date of the newest file that was read, and the files that are not what they were."""
    newest, wrong = 0, []
    for path, digest in sealed:
        try:
            changed_at = max(path.stat().st_mtime_ns, path.stat().st_ctime_ns)
            if changed_at <= since_ns:
                continue
            newest = max(newest, changed_at)
            if file_digest(path) != digest:
                wrong.append(path)
        except FileNotFoundError:
            continue
    return newest, wrong


def _is_dated(seal: Path, date_ns: int) -> bool:
    """Whether a seal is still the one of that date."""
    try:
        return seal.stat().st_mtime_ns == date_ns
    except FileNotFoundError:
        return False
