"""A file is confirmed by its content, by hashlib: replaced, changed or gone it is not."""

import hashlib

import pytest

from pipeline.features.cache.sources import confirmed_state
from pipeline.media.errors import NoMediaError, ReadError
from pipeline.media.state import check_state


@pytest.fixture
def media(tmp_path):
    path = tmp_path / "a.wav"
    path.write_bytes(b"sound" * 1000)
    return path, hashlib.sha256(b"sound" * 1000).hexdigest()


def test_a_file_of_that_content_has_its_state_of_now(media, tmp_path):
    path, sha256 = media
    state = confirmed_state(path, sha256, tmp_path / "cache")
    check_state(path, state)  # nothing happened since
    path.write_bytes(b"other" * 1001)
    with pytest.raises(ReadError):
        check_state(path, state)


def test_a_file_that_was_changed_is_told_with_the_way_out(media, tmp_path):
    path, sha256 = media
    path.write_bytes(b"Sound" + b"sound" * 999)
    with pytest.raises(ReadError, match="changed since the corpus was read: `snakemake` reads"):
        confirmed_state(path, sha256, tmp_path / "cache")


def test_a_file_that_is_gone_is_no_media(media, tmp_path):
    path, sha256 = media
    path.unlink()
    with pytest.raises(NoMediaError):
        confirmed_state(path, sha256, tmp_path / "cache")
