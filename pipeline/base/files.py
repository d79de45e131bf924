"""Files appear whole or not at all: temporary name, fsync, rename, fsync of the folder."""

import ctypes
import errno
import hashlib
import json
import os
import secrets
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

NO_SYNC = (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS)  # a folder cannot be synced here
MAX_NAME_BYTES = 255  # of a file or folder
UNFINISHED = ".part"  # suffix of files that are being written
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True)


class UnsafePathError(ValueError):
    """A path of the input points outside the folder that holds it."""


@contextmanager
def atomic_path(path: Path, is_synced: bool = True) -> Iterator[Path]:
    """Yield a temporary sibling of `path`; it becomes `path` when the block ends without error.

    Without `is_synced` a machine that loses power may leave an empty file: only for what verifies
    itself and is brought to the disk with many others by `sync_file_system`.
    """
    if not path.parent.is_dir():
        path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name[:40]}.{secrets.token_hex(8)}{UNFINISHED}")
    # Not tempfile: its files are for their owner alone, and so would be every artefact.
    os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    is_there = False
    try:
        yield temporary
        if is_synced:
            with temporary.open("rb") as stream:
                os.fsync(stream.fileno())
        temporary.replace(path)
        is_there = True
        if is_synced:
            _sync_folder(path.parent)
    except OSError as error:
        if error.filename is None:  # a full disk does not say where
            error.filename = str(path)
        raise
    finally:
        if not is_there:
            with suppress(FileNotFoundError):
                temporary.unlink()


def write_bytes(path: Path, content: bytes, is_synced: bool = True) -> None:
    """Write `content` to `path`, whole or not at all; see `atomic_path`."""
    with atomic_path(path, is_synced) as temporary:
        temporary.write_bytes(content)


def write_text(path: Path, content: str) -> None:
    """Write `content` to `path` as UTF-8, whole or not at all."""
    write_bytes(path, content.encode())


def write_json(path: Path, value: Any) -> None:
    """Write `value` as readable JSON with sorted keys, whole or not at all."""
    write_text(path, json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n")


def load_json(text: str | bytes) -> Any:
    """What JSON says; a ValueError for whatever is wrong, numbers and brackets without end too."""
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("its brackets are too deep") from None


def line_of_error(content: bytes, error: UnicodeDecodeError) -> int:
    """The line, from 1, in which the bytes of a text cannot be read."""
    return content.count(b"\n", 0, error.start) + 1


def one_without_capitals(names: Iterable[str]) -> tuple[str, str] | None:
    """The first two of the names that would be one file on a disk that knows no capitals."""
    first: dict[str, str] = {}
    for name in names:
        other = first.setdefault(name.casefold(), name)
        if other != name:
            return other, name
    return None


def with_room(path: str, n_bytes: int) -> str:
    """A path whose last name can get a suffix of `n_bytes`; one that is cut ends in a digest.

    Names have at most 255 bytes: 85 letters of Chinese or Thai, and titles of videos have more.
    """
    folder, slash, name = path.rpartition("/")
    content = os.fsencode(name)
    if len(content) + n_bytes <= MAX_NAME_BYTES:
        return path
    digest = hashlib.sha256(content).hexdigest()[:8]
    kept = content[: MAX_NAME_BYTES - n_bytes - len(digest) - 1]
    return f"{folder}{slash}{kept.decode('utf-8', 'ignore')}-{digest}"


def plain_file(path: Path) -> Path:
    """The path, if nothing else than a file is there; an OSError, as reading would give, if not.

    A pipe would be waited for, a device never ends.
    """
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "is not a file", str(path))
    return path


def canonical_json(value: Any) -> str:
    """One spelling per value: sorted keys, no blanks. What digests are taken of."""
    return _CANONICAL.encode(value)


def text_digest(text: str) -> str:
    """Sha256 of `text`, hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def file_digest(path: Path) -> str:
    """Sha256 of a file's content, hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def resolve_inside(root: Path, relative: str, links: Sequence[str] = ()) -> Path:
    """Return `root/relative` if, links followed, it lies inside `root`; refuse it otherwise.

    `links`: further folders that links below `root` may lead into, as `corpora.<name>.links` says;
    the path itself must always stay below `root`.
    """
    try:
        base = root.resolve()
        path = (base / relative).resolve()
        _refuse_loop(path)
    except (ValueError, RuntimeError, OSError) as error:  # a NUL byte; a loop of links
        raise UnsafePathError(f"{relative!r} under {root} is not a path: {error}") from error

    if Path(relative).is_absolute() or ".." in Path(relative).parts:
        allowed = [base]
    else:
        allowed = [base, *(Path(folder).resolve() for folder in links)]

    if Path(relative).is_absolute() or not any(map(path.is_relative_to, allowed)):
        raise UnsafePathError(f"{relative!r} lies outside {root}")
    return path


def _refuse_loop(path: Path) -> None:
    """Python 3.13's `resolve` leaves a loop of links as it is; older ones raise RuntimeError."""
    try:
        path.stat()
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise


def sync_file_system(folder: Path) -> None:
    """Bring to the disk all that was written in the file system of `folder`, names included.

    One call for thousands of files, each of which would wait for the disk by itself. Linux has it
    for one file system; elsewhere every file system of the machine is synced.
    """
    syncfs = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    if syncfs is None:
        os.sync()
        return
    descriptor = os.open(folder, os.O_RDONLY)

    try:
        if syncfs(descriptor) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(folder))
    finally:
        os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk, where its file system can: FUSE, CIFS may not."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in NO_SYNC:
            raise
    finally:
        os.close(descriptor)
