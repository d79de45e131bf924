"""What the system says of a file: whether it is still the one whose content was digested."""

from dataclasses import dataclass
from pathlib import Path

from pipeline.base.regular_files import NoFileError, look_at
from pipeline.media.errors import NoMediaError, ReadError


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
        found = look_at(path)
    except NoFileError as error:
        raise NoMediaError(str(error)) from None
    except OSError as error:
        raise ReadError(f"the file cannot be looked at: {error.strerror}") from error
    return FileState(found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)


def check_state(path: Path, state: FileState | None) -> None:
    """Raise a ReadError if the file is not in that state any more; None = any will do."""
    if state is not None and file_state(path) != state:
        raise ReadError("the file was changed while it was read")
