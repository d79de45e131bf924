"""The file that a bundle is: one .zip with a list of its parts, the same bytes for the same study.

`bundle.json` comes first: version, licence, citation, versions of what computed the tables, and of
each part its size and sha256. Its own sha256 names the study, whoever compressed it.

Whoever opens a bundle did not make it. Before anything is written it is decided which parts there
are: plain paths below the bundle, each listed, none twice, no links, no folders; and how many bytes
they may have in all. What unfolds to more than it said is given up. Nothing is unpickled or run.
"""

import hashlib
import json
import platform
import re
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path, PurePosixPath
from typing import Annotated, Final, Literal

from pydantic import Field

from pipeline.base.files import atomic_path, file_digest
from pipeline.base.wording import counted
from pipeline.config.settings import Section, dump, parse_section
from pipeline.corpora.texts import printable
from pipeline.tools.bundles.errors import BundleError, told

MANIFEST: Final = "bundle.json"
PART = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._@-]*(/[A-Za-z0-9_-][A-Za-z0-9._@-]*){0,9}")
DATE: Final = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can hold: bytes tell no time
MODE: Final = (stat.S_IFREG | 0o644) << 16
MAX_PARTS: Final = 200_000
MAX_BYTES: Final = 8 * 2**30  # of all parts
MAX_MANIFEST_BYTES: Final = 64 * 2**20
MAX_UNFOLDING: Final = 100  # times the file's size; predictions reach 10
ALWAYS_ALLOWED_BYTES: Final = 64 * 2**20
PIECE: Final = 2**20
PACKAGES: Final = ("numpy", "pandas", "scipy", "scikit-learn")


class BundledFile(Section):
    """One file of a bundle."""

    size: Annotated[int, Field(ge=0, le=MAX_BYTES)]
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class About(Section):
    """What the person who bundles a study says of it."""

    license: Annotated[str, Field(max_length=2000)] = ""
    citation: Annotated[str, Field(max_length=10_000)] = ""


class Manifest(Section):
    """bundle.json."""

    format: Literal["iteacnet-study"] = "iteacnet-study"
    version: Literal[1] = 1
    about: About = About()
    versions: dict[str, str]
    parts: Annotated[dict[str, BundledFile], Field(max_length=MAX_PARTS)]


@dataclass(frozen=True)
class Unpacked:
    """What lies in a folder now: the list, its sha256, and the parts that are not as listed."""

    manifest: Manifest
    digest: str
    changed: tuple[str, ...]


def pack(folder: Path, about: About, out: Path) -> str:
    """Write all files below `folder` as a bundle, whole or not at all; the study's sha256."""
    if out.exists():
        raise BundleError(f"{out} is there already: name a new file")
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*.*")}
    files = {name: files[name] for name in sorted(files) if files[name].is_file()}
    if strange := [name for name in files if not PART.fullmatch(name)]:
        raise BundleError(f"{printable(strange[0])!r} cannot be the name of a part")
    parts = {
        name: BundledFile(size=path.stat().st_size, sha256=file_digest(path))
        for name, path in files.items()
    }
    manifest = Manifest(about=about, versions=versions_of_tables(), parts=parts)
    text = json.dumps(dump(manifest), indent=1, sort_keys=True, ensure_ascii=False) + "\n"

    with atomic_path(out) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(_entry(MANIFEST), text)
        for name, path in files.items():
            with path.open("rb") as source, archive.open(_entry(name), "w") as target:
                while piece := source.read(PIECE):
                    target.write(piece)
    return hashlib.sha256(text.encode()).hexdigest()


def unpack(bundle: Path, folder: Path) -> Unpacked:
    """Write the parts of a bundle below an empty `folder`, having looked at all of them first."""
    if not bundle.is_file():
        raise BundleError(f"{bundle} is not there")
    with told(bundle), zipfile.ZipFile(bundle) as archive:
        members = _members(archive, bundle)
        text = _read(archive, members.pop(MANIFEST), MAX_MANIFEST_BYTES)
        manifest = parse_section(text.decode(), Manifest, where=MANIFEST)
        if strange := sorted(members.keys() - manifest.parts.keys()):
            raise BundleError(
                f"{bundle} holds {counted(len(strange), 'file')} that its list does not name, "
                f"first {printable(strange[0])!r}"
            )

        changed = [name for name in manifest.parts if name not in members]
        for name, member in members.items():
            found = _extract(archive, member, folder / name)
            if found != manifest.parts[name]:
                changed.append(name)
    return Unpacked(manifest, hashlib.sha256(text).hexdigest(), tuple(sorted(changed)))


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, DATE)
    entry.compress_type, entry.create_system, entry.external_attr = zipfile.ZIP_DEFLATED, 3, MODE
    return entry


def versions_of_tables() -> dict[str, str]:
    """Of what computes tables."""
    known = {name: metadata.version(name) for name in PACKAGES}
    return {"python": platform.python_version(), **known}


def _members(archive: zipfile.ZipFile, bundle: Path) -> dict[str, zipfile.ZipInfo]:
    """All members by name, if they are what a bundle may hold and no more than it may."""
    entries = archive.infolist()
    allowed = max(ALWAYS_ALLOWED_BYTES, min(MAX_BYTES, MAX_UNFOLDING * bundle.stat().st_size))
    if len(entries) > MAX_PARTS + 1:
        raise BundleError(f"{bundle} holds {len(entries):,} files; at most {MAX_PARTS:,} are read")
    if (total := sum(entry.file_size for entry in entries)) > allowed:
        raise BundleError(
            f"{bundle} unfolds to {total:,} bytes; at most {allowed:,} are read: {MAX_UNFOLDING} "
            f"times its size, and never more than {MAX_BYTES:,}"
        )

    found: dict[str, zipfile.ZipInfo] = {}
    spelled: set[str] = set()
    for entry in entries:
        if fault := _fault(entry):
            raise BundleError(f"{bundle}: {printable(entry.filename)!r} {fault}")
        if entry.filename.lower() in spelled:
            raise BundleError(f"{bundle}: {printable(entry.filename)!r} stands twice in it")
        spelled.add(entry.filename.lower())
        found[entry.filename] = entry
    inner = {str(place) for name in found for place in list(PurePosixPath(name).parents)[:-1]}
    if clash := sorted(inner & found.keys()):
        raise BundleError(f"{bundle}: {printable(clash[0])!r} is a file and a folder")
    if MANIFEST not in found:
        raise BundleError(f"{bundle} has no {MANIFEST}: `python -m pipeline bundle` makes bundles")
    return found


def _fault(entry: zipfile.ZipInfo) -> str:
    """Why a member may be in no bundle, "" if it may."""
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if not PART.fullmatch(entry.filename) or len(entry.filename) > 400:
        return "is no plain path below the bundle"
    if kind not in (0, stat.S_IFREG):
        return "is a link or another thing that is no plain file"
    if entry.flag_bits & 1:
        return "is encrypted"
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return f"is compressed in a way that is not read ({entry.compress_type})"
    return ""


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, limit: int) -> bytes:
    if entry.file_size > limit:
        raise BundleError(
            f"{entry.filename} has {entry.file_size:,} bytes, at most {limit:,} are read"
        )
    return b"".join(_pieces(archive, entry))


def _extract(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> BundledFile:
    target.parent.mkdir(parents=True, exist_ok=True)
    content, size = hashlib.sha256(), 0
    with target.open("xb") as stream:
        for piece in _pieces(archive, entry):
            content.update(piece)
            size += stream.write(piece)
    return BundledFile(size=size, sha256=content.hexdigest())


def _pieces(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """The content of a member; never more than it said that there is."""
    left = entry.file_size
    with told(f"{archive.filename}: {entry.filename}"), archive.open(entry) as stream:
        while piece := stream.read(PIECE):
            left -= len(piece)
            if left < 0:
                raise BundleError(f"{entry.filename} unfolds to more bytes than it says")
            yield piece
        if left:
            raise BundleError(f"{entry.filename} ends {left:,} bytes early")
