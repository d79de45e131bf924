"""What the system says of a file: whether it is still the one whose content was digested."""

import errno
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from pipeline.media.errors import NoMediaError, ReadError

NO_FILE = (errno.ENOENT, errno.ENOTDIR)
NO_NAME = (errno.ENAMETOOLONG, errno.ELOOP, errno.EINVAL)  # no file can be there


@dataclass(frozen=True)
class FileState:
    """Size in bytes, times of change of content and of anything, and the place on the disk."""

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int


def file_state(path: Path) -> FileState:
    """The state of a regular file; raises NoMediaError or ReadError."""
    try:
        found = os.stat(path)  # noqa: PTH116  which may raise, unlike Path.is_file
    except OSError as error:
        if error.errno in NO_FILE:
            raise NoMediaError("is not there") from None
        if error.errno in NO_NAME:
            raise NoMediaError(f"cannot be read: {error.strerror}") from None
        raise ReadError(f"the file cannot be looked at: {error.strerror}") from error
    if not stat.S_ISREG(found.st_mode):
        raise NoMediaError("is not a file")
    return FileState(found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)


def check_state(path: Path, state: FileState | None) -> None:
    """Raise a ReadError if the file is not in that state any more; None = any will do."""
    if state is not None and file_state(path) != state:
        raise ReadError("the file was changed while it was read")
