"""What a disk refuses, and what our own errors say, told in one line instead of a traceback."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from pipeline.base.errors import CacheError

FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)
OURS = ("models", "pipeline")  # packages whose own errors are for people to read
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def tell_refusals() -> None:
    """Let a process that a disk refuses, or that an error of ours ends, say it in one line.

    Every class of errors of this repository has a text for people. What is raised by others and
    nobody expected keeps its traceback.
    """

    def tell(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if kind.__module__.partition(".")[0] in OURS:
            print(f"error: {error}", file=sys.stderr)
            return
        if not isinstance(error, OSError) or error.errno not in (*FORBIDDEN, *FULL):
            sys.__excepthook__(kind, error, trace)
            return
        way_out = (
            "give this user the right to read and write it"
            if error.errno in FORBIDDEN
            else "make room on its disk: what is finished is kept, `snakemake` goes on from there"
        )
        print(f"error: {error.filename}: {error.strerror}: {way_out}", file=sys.stderr)

    sys.excepthook = tell


def file_in_the_way(folder: Path) -> Path | None:
    """What is not a folder, of a folder and those above it; None if it is there or can be made."""
    there = next((place for place in (folder, *folder.parents) if os.path.lexists(place)), None)
    return None if there is None or there.is_dir() else there


@contextmanager
def refusals_told(cache: Path) -> Iterator[None]:
    """Turn what a disk refuses while the cache is written into a CacheError; nothing else."""
    try:
        yield
    except OSError as error:
        if error.errno not in (*FORBIDDEN, *FULL):
            raise

        where = "" if error.filename is None else f": {error.filename}"
        way_out = (
            "make it writable, or set `cache` in the configuration to a folder that is"
            if error.errno in FORBIDDEN
            else "make room, or set `cache` in the configuration to a folder on a larger disk; "
            "what is finished is kept"
        )
        raise CacheError(
            f"cannot write to the cache {cache} ({error.strerror}{where}): {way_out}"
        ) from None
