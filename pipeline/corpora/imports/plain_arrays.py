"""Arrays of .npy and .npz files: numbers and texts alone, sizes checked before anything is read.

The header of each array is read first (numpy's own `numpy.lib.format`); then as many bytes as its
shape asks for must be there, and an archive may not unfold to many times its size: a file of some
kilobytes cannot fill the memory. Nothing is unpickled.
"""

import math
import tokenize
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from pipeline.corpora.imports.imported import ImportFormatError
from pipeline.corpora.imports.pickled_arrays import are_characters
from pipeline.corpora.texts import printable

PLAIN_KINDS: Final = "biufSU"
ALWAYS_ALLOWED_BYTES: Final = 256 * 2**20
MAX_UNFOLDING: Final = 100  # times the archive's size; deflate itself reaches 1,000
HEADERS: Final = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
# What a damaged archive, compressed stream or header raises in the libraries that read them.
FAULTS: Final = (
    OSError,
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,
    EOFError,
    ValueError,
    KeyError,
    TypeError,
    OverflowError,
    RuntimeError,  # an encrypted member
    SyntaxError,
    tokenize.TokenError,  # of a header that Python 2 may have written
    MemoryError,  # what Python's parser raises for deep brackets in a header
)


def read_npy(path: Path) -> NDArray[Any]:
    """The array of a .npy file."""
    with _told(path), path.open("rb") as stream:
        size = path.stat().st_size
        if stream.read(2) == b"PK":
            raise ImportFormatError(f"{path}: is an archive (.npz), expected one array (.npy)")
        stream.seek(0)
        return _read_array(stream, size, size)


class ArrayArchive:
    """The arrays of an .npz, each read when asked for."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with _told(path):
            self._archive = zipfile.ZipFile(path)
        self._left = max(ALWAYS_ALLOWED_BYTES, MAX_UNFOLDING * path.stat().st_size)
        self._members: dict[str, zipfile.ZipInfo] = {}
        for member in self._archive.infolist():
            name = member.filename.removesuffix(".npy")
            if name in self._members:
                raise ImportFormatError(f"{path}: array {printable(name, 80)!r} stands twice in it")
            self._members[name] = member

    def __enter__(self) -> "ArrayArchive":
        return self

    def __exit__(self, *_: object) -> None:
        self._archive.close()

    @property
    def names(self) -> list[str]:
        """Names of the arrays, in the order of the archive."""
        return list(self._members)

    def shape(self, name: str) -> tuple[int, ...]:
        """Shape of an array, from its header."""
        with _told(self.path, name), self._archive.open(self._members[name]) as stream:
            return _read_header(stream)[0]

    def read(self, name: str) -> NDArray[Any]:
        """The array of that name."""
        member = self._members[name]
        with _told(self.path, name), self._archive.open(member) as stream:
            array = _read_array(stream, member.file_size, self._left)
        self._left -= array.nbytes
        return array


@contextmanager
def _told(path: Path, name: str = "") -> Iterator[None]:
    place = f"{path}: {printable(name, 80)}" if name else str(path)
    try:
        yield
    except ImportFormatError as error:
        raise ImportFormatError(
            str(error) if str(path) in str(error) else f"{place}: {error}"
        ) from None
    except FAULTS as error:
        if isinstance(error, OSError) and error.errno is not None:  # of the disk, not of the array
            raise ImportFormatError(f"{place}: cannot be read: {error.strerror}") from None
        detail = printable(str(error), 200) or type(error).__name__
        raise ImportFormatError(f"{place}: not a plain array ({detail})") from None


def _read_array(stream: IO[bytes], size: int, allowed: int) -> NDArray[Any]:
    """An array from `size` bytes; at most `allowed` bytes of values."""
    start = stream.tell()
    shape, is_fortran, dtype = _read_header(stream)
    n_values = math.prod(shape)
    n_bytes = n_values * dtype.itemsize
    there = size - (stream.tell() - start)

    if n_bytes != there or not dtype.itemsize:
        raise ImportFormatError(
            f"shape {shape} of {dtype} takes {n_bytes:,} bytes, {there:,} are there: "
            "the file is not whole"
        )
    if n_bytes > allowed:
        raise ImportFormatError(
            f"shape {shape} of {dtype} takes {n_bytes:,} bytes, more than {MAX_UNFOLDING} times "
            "the archive: save it with numpy.savez, uncompressed, if that is right"
        )

    content = stream.read(n_bytes)
    if len(content) != n_bytes:
        raise ImportFormatError(f"ends after {len(content):,} of {n_bytes:,} bytes of values")

    flat: NDArray[Any] = np.frombuffer(content, dtype, n_values)
    if not are_characters(flat):
        raise ImportFormatError("holds numbers that are not characters")
    return flat.reshape(shape, order="F" if is_fortran else "C")


def _read_header(stream: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = npy.read_magic(stream)
    if version not in HEADERS:
        raise ImportFormatError(f"version {version} of the format holds no plain numbers")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of a header that Python 2 wrote
        shape, is_fortran, dtype = HEADERS[version](stream)
    if dtype.kind not in PLAIN_KINDS or dtype.subdtype is not None:
        way_out = "; save texts as `array.astype(str)`" if dtype.hasobject else ""
        raise ImportFormatError(
            f"holds {dtype}, expected plain numbers or texts, not objects{way_out}"
        )
    if any(n < 0 for n in shape):
        raise ImportFormatError(f"shape {shape} is not a shape")
    return shape, is_fortran, dtype
