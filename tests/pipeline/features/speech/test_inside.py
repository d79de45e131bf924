"""A part of a library is found by its first bytes and known by its digest."""

from hashlib import sha256

import pytest

from pipeline.base.errors import CheckpointError
from pipeline.features.speech.inside import LibraryPart, part_of

CONTENT = b"ORTM" + bytes(range(60))
PART = LibraryPart(b"ORTM", len(CONTENT), sha256(CONTENT).hexdigest())


def test_it_is_found_behind_others_that_begin_as_it_does(tmp_path):
    library = tmp_path / "libx.so"
    library.write_bytes(b"ELF" + b"ORTM" * 7 + CONTENT + b"rest")
    assert part_of(library, PART) == CONTENT


@pytest.mark.parametrize("content", [b"", CONTENT[:-1], CONTENT[:-1] + b"?", b"x" * 99])
def test_another_content_is_refused(tmp_path, content):
    library = tmp_path / "libx.so"
    library.write_bytes(content)
    with pytest.raises(CheckpointError, match=r"libx\.so holds no part of 64 bytes.*lock"):
        part_of(library, PART)
