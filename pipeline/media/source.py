"""A file as FFmpeg reads it: what the system refuses is told apart from what the file is.

What the system refuses (a disk that fails, rights, memory) is a ReadError, whatever FFmpeg makes of
it; only what a decoder says of bytes that could all be read is a property of the file.
"""

import errno
from pathlib import Path

from pipeline.media.errors import ReadError
from pipeline.media.state import file_state


class Source:
    """A file as FFmpeg reads it, which remembers what the system refused."""

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        self.error: OSError | MemoryError | None = None
        self._file = path.open("rb")

    def read(self, n_bytes: int) -> bytes:
        """The next bytes."""
        try:
            return self._file.read(n_bytes)
        except (OSError, MemoryError) as error:
            self.error = self.error or error
            raise

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to a place."""
        try:
            return self._file.seek(offset, whence)
        except OSError as error:
            if error.errno != errno.EINVAL:  # a damaged header asks for a place before the file
                self.error = self.error or error
            raise

    def tell(self) -> int:
        """Where the next byte comes from."""
        return self._file.tell()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def open_source(path: Path) -> Source:
    """The file; raises NoMediaError or ReadError."""
    file_state(path)
    try:
        return Source(path)
    except OSError as error:
        raise ReadError(f"the file cannot be opened: {error.strerror}") from error


def check_system(error: BaseException | None, refused: BaseException | None) -> None:
    """Raise a ReadError for what the system `refused`, or where memory ran out."""
    if refused is not None or is_out_of_memory(error):
        raise ReadError(f"the system failed while the file was read: {reason_of(error)}") from error


def reason_of(error: BaseException | None) -> str:
    """What an error of the system or of FFmpeg says, or its kind."""
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def is_out_of_memory(error: BaseException | None) -> bool:
    """Whether Python or FFmpeg found no memory."""
    return isinstance(error, MemoryError) or getattr(error, "errno", None) == errno.ENOMEM
