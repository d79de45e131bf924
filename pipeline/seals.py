"""Seals: digests of what a rule wrote, taken when it ended (pipeline/rules/job.sh).

build/.seals/<first output>.sha256 holds one line per file, as `sha256sum --check` reads them. A
job takes its seal away before it writes, so a seal and its files disagree only where somebody
else changed them: a hand, another program, a disk. Snakemake alone would take such a file for a
new result, and make everything after it again from it.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.files import file_digest

SEALS = Path("build/.seals")
SHOWN = 5


def changed_files(seals: Path = SEALS, *, thorough: bool = False) -> list[Path]:
    """Sealed files whose content is another now; files that are gone are Snakemake's matter.

    A file is read when it is newer than its seal, or always if `thorough`. A seal whose files
    have proved right is dated after them, so that they are not read again.
    """
    found = []
    for seal in sorted(seals.rglob("*.sha256")):
        try:
            sealed_at, sealed = seal.stat().st_mtime_ns, list(read_seal(seal))
        except FileNotFoundError:
            continue  # its job has just started anew
        newest, wrong = _examine(sealed, 0 if thorough else sealed_at)
        if not _is_dated(seal, sealed_at):
            continue
        found += wrong
        if newest > sealed_at and not wrong:
            os.utime(seal, ns=(newest, newest))
    return found


def read_seal(seal: Path) -> Iterator[tuple[Path, str]]:
    """Files and the digests that they had."""
    for line in seal.read_text(encoding="utf-8").splitlines():
        digest, _, name = line.partition("  ")
        yield Path(name), digest


def explain(files: Sequence[Path]) -> str:
    """What is wrong with changed files, and the way out."""
    more = f" and {len(files) - SHOWN} more" if len(files) > SHOWN else ""
    names = ", ".join(map(str, files[:SHOWN])) + more
    return (
        f"changed since their rules wrote them: {names}. Results must not be edited: "
        "`python -m pipeline.cache verify --repair` removes such files, "
        "then `snakemake` makes them again"
    )


def _examine(sealed: Sequence[tuple[Path, str]], since_ns: int) -> tuple[int, list[Path]]:
    """The date of the newest file that was read, and the files that are not what they were."""
    newest, wrong = 0, []
    for path, digest in sealed:
        try:
            changed_at = path.stat().st_mtime_ns
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
