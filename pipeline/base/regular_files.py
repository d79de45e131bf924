"""Whether a file is there to be read, and what the system says of it."""

import errno
import os
import stat
from pathlib import Path

NOT_THERE = (errno.ENOENT, errno.ENOTDIR)
NO_NAME = (errno.ENAMETOOLONG, errno.ELOOP, errno.EINVAL)  # no file can be there


class NoFileError(Exception):
    """There is no such file; the text says why."""


def look_at(path: Path) -> os.stat_result:
    """What the system says of a regular file.

    Raises NoFileError, and OSError where the system does not say.
    """
    try:
        found = os.stat(path)  # noqa: PTH116  which may raise, unlike Path.is_file
    except OSError as error:
        if error.errno in NOT_THERE:
            raise NoFileError("is not there") from None
        if error.errno in NO_NAME:
            raise NoFileError(f"cannot be read: {error.strerror}") from None
        raise

    if not stat.S_ISREG(found.st_mode):
        raise NoFileError("is not a file")
    return found
