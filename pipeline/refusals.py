"""What a disk says when it takes no more or may not be written, told with the way out."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import CacheError

FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


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
