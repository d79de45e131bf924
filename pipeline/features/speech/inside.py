"""Weights that a shared library carries: found by their first bytes, known by their sha256.

A build for another processor has the same weights at another place, so that neither a place nor a
digest of the whole library would do.
"""

import mmap
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from pipeline.base.errors import CheckpointError


class LibraryPart(NamedTuple):
    """What is looked for: its first bytes, its length, and the digest that it must have."""

    first: bytes
    n_bytes: int
    sha256: str


def part_of(library: Path, part: LibraryPart) -> bytes:
    """The bytes of a part; CheckpointError where the file has none of that digest."""
    with library.open("rb") as file:
        # Of a file of 0 bytes nothing can be mapped.
        if library.stat().st_size >= part.n_bytes:
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                place = content.find(part.first)
                while place >= 0:
                    found = content[place : place + part.n_bytes]
                    if sha256(found).hexdigest() == part.sha256:
                        return found
                    place = content.find(part.first, place + 1)

    raise CheckpointError(
        f"{library} holds no part of {part.n_bytes:,} bytes with the sha256 {part.sha256}: the "
        "package was changed, or is another version; install requirements.lock"
    )
