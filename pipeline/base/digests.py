"""Sha256 of large files, remembered under the cache by (path, size, mtime_ns, ctime_ns, inode).

Weights of a gigabyte are read once, not at every start. The note is only a saving of time: where
the cache cannot be read or written, the digest is computed again.
"""

import re
from pathlib import Path

from pipeline.base.files import file_digest, text_digest, write_text

WORTH_REMEMBERING_BYTES = 1_000_000
DIGEST = re.compile("[0-9a-f]{64}")


def remembered_digest(path: Path, cache: Path) -> str:
    """Sha256 of the content of `path`; notes lie in `cache`/digests."""
    if path.stat().st_size < WORTH_REMEMBERING_BYTES:
        return file_digest(path)
    identity = _identity(path)
    note = cache / "digests" / f"{text_digest(repr(identity))}.txt"
    remembered = _read(note)
    if DIGEST.fullmatch(remembered):
        return remembered
    digest = file_digest(path)
    if _identity(path) == identity:  # else it changed meanwhile: the digest is of neither
        _remember(note, digest)
    return digest


def _read(note: Path) -> str:
    """What a note says, "" where it is not there, damaged or another user's."""
    try:
        return note.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _identity(path: Path) -> tuple[str, int, int, int, int]:
    state = path.stat()
    # The time of any change of the file, too: nobody can set it back.
    times = (state.st_mtime_ns, state.st_ctime_ns)
    return (str(path.resolve()), state.st_size, *times, state.st_ino)


def _remember(note: Path, digest: str) -> None:
    try:
        for folder in (note.parent.parent, note.parent):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_text(note, digest + "\n")
    except OSError:
        return  # a full or foreign disk: the digest is computed again
