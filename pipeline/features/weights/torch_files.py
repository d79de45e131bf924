"""The two containers of torch.save: a zip archive, and what came before torch 1.6.

Both hold a pickle, which is looked at and never run (pipeline.base.pickles), and storages: numbers
that the pickle speaks of as ('storage', class, key, device, count). Layouts as torch.serialization
writes them. What is read into memory is never more than the file has bytes.
"""

import struct
import zipfile
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import torch

from pipeline.base.pickle_machine import PickleError
from pipeline.base.pickles import Name, Stored, read_pickle

MAGIC = 0x1950A86A20F9469CFC6C  # the first pickle of the older container
PROTOCOL = 1001
ZIP_START = b"PK\x03\x04"
MAX_PICKLE_BYTES = 64_000_000  # the largest published ones have less than two million
DTYPES = {
    "Double": torch.float64,
    "Float": torch.float32,
    "Half": torch.float16,
    "BFloat16": torch.bfloat16,
    "Long": torch.int64,
    "Int": torch.int32,
    "Short": torch.int16,
    "Char": torch.int8,
    "Byte": torch.uint8,
    "Bool": torch.bool,
}
# What zipfile raises on archives that are damaged or made to harm.
BAD_ZIP = (zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError, OSError, ValueError)


class TorchFileError(ValueError):
    """A file is not what torch.save writes, or states what it does not hold."""


@dataclass(frozen=True)
class StorageId:
    """One storage: its kind ("Float"), its key in the file and how many numbers it has."""

    kind: str
    key: str
    count: int

    @property
    def n_bytes(self) -> int:
        """Its size."""
        return self.count * DTYPES[self.kind].itemsize


class Storages(Protocol):
    """Reads storages of an open file."""

    def read(self, wanted: StorageId) -> bytearray:
        """The bytes of one storage; raises TorchFileError."""


def open_torch_file(path: Path, stream: BinaryIO) -> tuple[Any, Storages]:
    """The content as pipeline.base.pickles shows it, and its storages, for which `stream` stays."""
    is_zip = stream.read(len(ZIP_START)) == ZIP_START
    stream.seek(0)
    try:
        return (_open_zip if is_zip else _open_legacy)(path, stream)
    except PickleError as error:
        raise TorchFileError(f"its pickle: {error}") from None


def storage_id(stored: Stored) -> StorageId:
    """What a pickle says of a storage."""
    identity = stored.identity
    if not isinstance(identity, tuple) or len(identity) not in (5, 6) or any(identity[5:]):
        raise TorchFileError("it refers to something outside itself that is not a storage")
    word, kind, key, _, count = identity[:5]
    name = kind.path if isinstance(kind, Name) else ""
    kind = name.removeprefix("torch.").removesuffix("Storage")
    is_known = word == "storage" and name == f"torch.{kind}Storage" and kind in DTYPES
    if not is_known or not isinstance(key, str) or type(count) is not int or count < 0:
        raise TorchFileError(f"a storage of the kind {name or word!r:.60} is not read")
    return StorageId(kind, key, count)


@dataclass
class _Zip:
    """Members NAME/data/KEY of an archive, which torch never compresses."""

    archive: zipfile.ZipFile
    folder: str
    n_left: int  # bytes that may still be read

    def read(self, wanted: StorageId) -> bytearray:
        data = _member(self.archive, f"{self.folder}/data/{wanted.key}", self.n_left)
        self.n_left -= len(data)
        return _sized(data, wanted)


def _open_zip(path: Path, stream: BinaryIO) -> tuple[Any, Storages]:
    try:
        archive = zipfile.ZipFile(stream)
    except BAD_ZIP as error:
        raise TorchFileError(f"a broken archive: {error}") from None
    inside = archive.namelist()
    names = [name for name in inside if name.endswith("/data.pkl") and name.count("/") == 1]
    if len(names) != 1:
        raise TorchFileError(f"the archive has {len(names)} members */data.pkl, expected one")
    folder = names[0].removesuffix("/data.pkl")
    order = f"{folder}/byteorder"
    if order in inside and _member(archive, order, 16) != b"little":
        raise TorchFileError("its numbers have the byte order of another machine (big)")
    content = read_pickle(BytesIO(_member(archive, names[0], MAX_PICKLE_BYTES)))
    return content, _Zip(archive, folder, path.stat().st_size)


def _member(archive: zipfile.ZipFile, name: str, n_most: int) -> bytearray:
    try:
        member = archive.getinfo(name)
    except KeyError:
        raise TorchFileError(f"the archive lacks {name!r:.80}") from None
    if member.compress_type != zipfile.ZIP_STORED or member.flag_bits & 1:
        raise TorchFileError(f"{name!r:.80} is compressed or locked, which torch never does")
    if member.file_size > n_most:
        raise TorchFileError(f"{name!r:.80} states {member.file_size:,} bytes; at most {n_most:,}")
    try:
        with archive.open(member) as stream:
            return bytearray(stream.read())
    except BAD_ZIP as error:
        raise TorchFileError(f"{name!r:.80}: {error}") from None


@dataclass
class _Legacy:
    """Storages behind the pickles, each after its count, in the order of a list of keys."""

    stream: BinaryIO
    places: dict[str, tuple[int, int]] = field(default_factory=dict)  # key -> first byte, count

    def read(self, wanted: StorageId) -> bytearray:
        if wanted.key not in self.places:
            raise TorchFileError(f"it lacks the storage {wanted.key!r:.40}")
        place, count = self.places[wanted.key]
        if count != wanted.count:
            raise TorchFileError(f"the storage {wanted.key!r:.40} has {count} numbers")
        self.stream.seek(place)
        return _sized(bytearray(self.stream.read(wanted.n_bytes)), wanted)


def _open_legacy(path: Path, stream: BinaryIO) -> tuple[Any, Storages]:
    head = BytesIO(stream.read(MAX_PICKLE_BYTES))
    if read_pickle(head) != MAGIC or read_pickle(head) != PROTOCOL:
        raise TorchFileError("it does not begin as torch.save begins")
    system = read_pickle(head)
    if not isinstance(system, dict) or system.get("little_endian") is not True:
        raise TorchFileError("its numbers have the byte order of another machine")

    stored: list[Stored] = []
    content = read_pickle(head, stored)
    keys = read_pickle(head)
    kinds = {storage.key: storage for storage in map(storage_id, stored)}
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise TorchFileError("it has no list of its storages")

    # Each storage begins with its count, which must not reach beyond the file.
    size = path.stat().st_size
    legacy, place = _Legacy(stream), head.tell()
    for key in keys:
        stream.seek(place)
        (count,) = struct.unpack("<q", (stream.read(8) + bytes(8))[:8])
        place += 8
        legacy.places[key] = place, count
        if key not in kinds or not 0 <= count <= size:
            raise TorchFileError(f"the storage {key!r:.40} is not what its pickle says")
        place += StorageId(kinds[key].kind, key, count).n_bytes
    if place > size:
        raise TorchFileError(f"it breaks off: {size:,} bytes, {place:,} are needed")
    return content, legacy


def _sized(data: bytearray, wanted: StorageId) -> bytearray:
    if len(data) != wanted.n_bytes:
        raise TorchFileError(
            f"the storage {wanted.key!r:.40} has {len(data):,} bytes, expected {wanted.n_bytes:,}"
        )
    return data
