"""Face crops of one utterance: a zip of JPEGs that any person can open, with its record inside.

Members: `0001_t12.345s.jpg` and so on, the time being that of the frame in its video, then
`crops.json`, a `CropRecord`. Stored without compression and with fixed dates: the same crops give
the same bytes. The comment of the zip, its last bytes, is a sha256 of all that is before it, so
that no damage goes unseen. Reading trusts nothing: exactly the members that the record names, of
limited size; pictures of limited sides; any error of reading is damage.
"""

import hashlib
import io
import re
import struct
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO, Literal, get_args

import numpy as np
from PIL import Image, UnidentifiedImageError

from pipeline.base.files import atomic_path, canonical_json, load_json
from pipeline.media.arrays import Picture

CropStatus = Literal["ok", "no_face", "ambiguous_face", "empty_span", "unreadable", "no_stream"]

RECORD = "crops.json"
JPEG_QUALITY = 95
MEMBER = re.compile(r"\d{4,6}_t\d{1,7}\.\d{3}s\.jpg")
FIXED_DATE = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can state
OWNER_ONLY = 0o600 << 16

DIGEST_BYTES = 64  # hexadecimal
CHUNK_BYTES = 1 << 20
MAX_CROPS = 200_000  # eleven hours at 5 per second
MAX_JPEG_BYTES = 8_000_000
MAX_RECORD_BYTES = 64_000_000
MAX_SIDE_PX = 1024


# What zipfile raises for bytes that are not a zip; a disk that fails is not an archive either.
UNREADABLE = (zipfile.BadZipFile, OSError, EOFError, struct.error, NotImplementedError, ValueError)


class CropsError(ValueError):
    """An archive of crops is damaged, or is not one of ours."""


@dataclass(frozen=True)
class CropRecord:
    """What was looked at and found; entry i of the lists belongs to member i."""

    key: str  # digest of everything that decides the crops; names the archive in the cache
    status: CropStatus
    which_face: str  # the rule that chose: side, single, track or speaker
    region: str  # the part of the picture that was searched: full, left or right
    n_frames: int  # frames looked at
    n_faces: int  # crops kept, at most one per frame
    n_candidates: int  # faces that the detector found in these frames
    times_s: tuple[float, ...]  # of the frames that gave a crop
    boxes: tuple[
        tuple[float, float, float, float], ...
    ]  # left, top, right, bottom in the shown picture
    confidences: tuple[float, ...]
    asked_s: float | None = None  # seconds of the span; None: to the end, and nobody says where
    found_s: float = 0.0  # of these with pictures, to the step in which pictures are looked at
    detail: str = ""  # why there is nothing, or what is to be said of what there is
    n_people: int = 0  # who may be the speaker, of faces followed through the frames; 0 = not asked
    told_by: str = ""  # how the face is known to be the speaker's: side or mouth; "" = it is not

    @property
    def members(self) -> list[str]:
        """Names of the crops in the archive."""
        return [f"{i:04d}_t{time_s:.3f}s.jpg" for i, time_s in enumerate(self.times_s, start=1)]


def write_crops(path: Path, record: CropRecord, jpegs: Iterable[bytes]) -> None:
    """Write an archive whole or not at all; `jpegs` are in the order of `record.times_s`."""
    facts = canonical_json(asdict(record)).encode()
    with atomic_path(path) as temporary:
        with zipfile.ZipFile(temporary, "w") as archive:
            archive.comment = b"-" * DIGEST_BYTES
            for name, jpeg in zip(record.members, jpegs, strict=True):
                archive.writestr(_stored(name), jpeg)
            archive.writestr(_stored(RECORD), facts)
        sign_archive(temporary)


def sign_archive(archive: Path) -> None:
    """Put the digest of an archive in the place of its comment, which must be as long."""
    with archive.open("r+b") as stream:
        digest = _digest(stream, archive.stat().st_size - DIGEST_BYTES)
        stream.seek(-DIGEST_BYTES, io.SEEK_END)
        stream.write(digest)


def read_crop_record(archive: Path) -> CropRecord:
    """The record of an archive; raises CropsError, or FileNotFoundError."""
    with _opened(archive) as (_, record):
        return record


def read_crops(archive: Path) -> list[Picture]:
    """All crops of an archive in order of time, RGB; raises CropsError, or FileNotFoundError."""
    return list(iter_crops(archive))


def iter_crops(archive: Path) -> Iterator[Picture]:
    """The crops of an archive one by one, for utterances that are longer than the memory."""
    return (decode_crop(archive, name, jpeg) for name, jpeg in iter_jpegs(archive))


def iter_jpegs(archive: Path) -> Iterator[tuple[str, bytes]]:
    """Name and content of every crop of an archive, for `decode_crop` in another thread."""
    with _opened(archive) as (stored, record):
        for name in record.members:
            yield name, _read(archive, stored, name, MAX_JPEG_BYTES)


def verify_crops(archive: Path, key: str) -> CropRecord:
    """The record of the archive of `key`, after reading every byte of it against its digest."""
    with _opened(archive) as (_, record):
        if record.key != key:
            raise CropsError(f"{archive} holds the crops of another key, {record.key!r:.80}")
        return record


@contextmanager
def _opened(archive: Path) -> Iterator[tuple[zipfile.ZipFile, CropRecord]]:
    """Open an archive that is what was written, with exactly the members of its record."""
    try:
        with archive.open("rb") as stream, zipfile.ZipFile(stream) as stored:
            stream.seek(0)
            n_bytes = archive.stat().st_size - DIGEST_BYTES
            if _digest(stream, n_bytes) != stored.comment:
                raise CropsError(f"{archive} is not what was written: its digest is another")

            # Whole as it is, it may still be an archive that nobody of ours wrote.
            names = [info.filename for info in stored.infolist()]
            if len(names) > MAX_CROPS + 1 or RECORD not in names:
                raise CropsError(
                    f"{archive}: {len(names)} members, {RECORD} among at most "
                    f"{MAX_CROPS} crops was expected"
                )
            record = _parse(archive, _read(archive, stored, RECORD, MAX_RECORD_BYTES))
            if names != [*record.members, RECORD]:
                raise CropsError(f"{archive}: members are not those that {RECORD} names")
            yield stored, record
    except (FileNotFoundError, CropsError):
        raise
    except UNREADABLE as error:
        raise CropsError(f"{archive} is not a whole zip archive: {error}") from error


def _digest(stream: BinaryIO, n_bytes: int) -> bytes:
    """Sha256 of the next bytes, hexadecimal."""
    digest = hashlib.sha256()
    while n_bytes > 0 and (chunk := stream.read(min(n_bytes, CHUNK_BYTES))):
        digest.update(chunk)
        n_bytes -= len(chunk)
    return digest.hexdigest().encode()


def _read(archive: Path, stored: zipfile.ZipFile, name: str, limit: int) -> bytes:
    """The bytes of one member."""
    info = stored.getinfo(name)
    plain = info.compress_type == zipfile.ZIP_STORED and not info.flag_bits & 1
    if not plain or info.file_size != info.compress_size or info.file_size > limit:
        raise CropsError(
            f"{archive}: {name} holds {info.file_size} bytes in {info.compress_size}; expected a "
            f"plain member of at most {limit}"
        )
    return stored.read(info)


def _parse(archive: Path, facts: bytes) -> CropRecord:
    try:
        values = load_json(facts)
        record = CropRecord(
            **{
                **values,
                "boxes": tuple(map(tuple, values["boxes"])),
                "times_s": tuple(values["times_s"]),
                "confidences": tuple(values["confidences"]),
            }
        )

        sizes = {len(record.times_s), len(record.boxes), len(record.confidences), record.n_faces}
        members = record.members
    except (ValueError, TypeError, KeyError) as error:
        raise CropsError(f"{archive}: {RECORD} is not a record of crops: {error}") from error

    # Names are held against a pattern, not only against each other: they are opened.
    if sizes != {len(members)} or not all(map(MEMBER.fullmatch, members)):
        raise CropsError(f"{archive}: {RECORD} contradicts itself about its {len(members)} crops")
    if record.status not in get_args(CropStatus) or (record.status == "ok") != bool(members):
        raise CropsError(f"{archive}: status {record.status!r} with {len(members)} crops")
    return record


def decode_crop(archive: Path, name: str, jpeg: bytes) -> Picture:
    """The picture of one member, RGB; raises CropsError."""
    try:
        with Image.open(io.BytesIO(jpeg), formats=["JPEG"]) as picture:
            if max(picture.size) > MAX_SIDE_PX:
                raise CropsError(f"{archive}: {name} is {picture.size}, more than {MAX_SIDE_PX} px")
            return np.asarray(picture.convert("RGB"))
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError) as error:
        raise CropsError(f"{archive}: {name} is not a JPEG: {error}") from error


def _stored(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, FIXED_DATE)
    info.create_system = 3  # the same on every system
    info.external_attr = OWNER_ONLY
    return info
