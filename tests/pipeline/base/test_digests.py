"""Digests of large files: right, remembered, and never stale for a changed file."""

import hashlib
import os

import pytest

from pipeline.base import digests
from pipeline.base.digests import WORTH_REMEMBERING_BYTES, remembered_digest


@pytest.fixture
def large(tmp_path):
    path = tmp_path / "weights.bin"
    path.write_bytes(b"w" * WORTH_REMEMBERING_BYTES)
    return path


def test_it_is_the_sha256_of_the_content(large, tmp_path):
    expected = hashlib.sha256(large.read_bytes()).hexdigest()
    assert remembered_digest(large, tmp_path / "cache") == expected
    assert remembered_digest(large, tmp_path / "cache") == expected


def test_a_known_file_is_not_read_again(large, tmp_path, monkeypatch):
    first = remembered_digest(large, tmp_path / "cache")
    monkeypatch.setattr(digests, "file_digest", lambda path: pytest.fail(f"read {path}"))
    assert remembered_digest(large, tmp_path / "cache") == first


def test_a_changed_or_replaced_file_is_read_again(large, tmp_path):
    before = remembered_digest(large, tmp_path / "cache")
    state = large.stat()
    other = tmp_path / "other"
    other.write_bytes(b"x" * WORTH_REMEMBERING_BYTES)
    os.utime(other, ns=(state.st_atime_ns, state.st_mtime_ns))
    other.replace(large)  # same path, size and date: only the inode tells
    assert remembered_digest(large, tmp_path / "cache") != before


@pytest.mark.parametrize("damage", [b"", b"0" * 63, b"0" * 65, b"\xff", b"0" * 63 + b"\xff"])
def test_a_damaged_note_is_not_believed(large, tmp_path, damage):
    expected = remembered_digest(large, tmp_path / "cache")
    (note,) = (tmp_path / "cache" / "digests").iterdir()
    note.write_bytes(damage)
    assert remembered_digest(large, tmp_path / "cache") == expected


def test_small_files_leave_no_note(tmp_path):
    (tmp_path / "small").write_bytes(b"s")
    assert remembered_digest(tmp_path / "small", tmp_path / "cache") == (
        hashlib.sha256(b"s").hexdigest()
    )
    assert not (tmp_path / "cache").exists()
