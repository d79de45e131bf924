"""The cache of face crops: private, verified, and damaged archives out of the way."""

import stat

import pytest

from pipeline.base.errors import CacheError
from pipeline.features.faces.crop_cache import CropCache
from pipeline.features.faces.crops import CropRecord, write_crops

KEY = "ab" * 32
OTHER = "cd" * 32
RECORD = CropRecord(KEY, "no_face", "single", "full", 5, 0, 0, (), (), ())


@pytest.fixture
def cache(tmp_path):
    return CropCache(tmp_path / "cache")


def put(cache):
    with cache.writing(KEY) as path:
        write_crops(path, RECORD, [])
    return path


def test_what_was_put_comes_back_and_what_was_not_is_none(cache):
    assert cache.get(KEY) is None
    path = put(cache)
    assert path == cache.root / "faces" / "ab" / f"{KEY}.zip"
    assert cache.get(KEY) == RECORD
    assert cache.get(OTHER) is None
    assert cache.n_damaged == 0


def test_folders_are_for_the_owner_alone(cache):
    path = put(cache)
    cache.set_aside(KEY)
    for folder in (cache.root, path.parent.parent, path.parent, cache.root / "quarantine"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("content", [b"", b"no zip", None])
def test_a_damaged_archive_is_set_aside_and_counted(cache, content):
    path = put(cache)
    damaged = path.read_bytes()[:-10] if content is None else content
    path.write_bytes(damaged)
    assert cache.get(KEY) is None
    assert cache.n_damaged == 1
    (aside,) = (cache.root / "quarantine").iterdir()
    assert aside.read_bytes() == damaged
    assert not path.exists()


def test_the_archive_of_another_key_is_not_taken(cache):
    path = put(cache)
    misplaced = cache.path(OTHER)
    misplaced.parent.mkdir()
    misplaced.write_bytes(path.read_bytes())
    assert cache.get(OTHER) is None
    assert cache.n_damaged == 1


def test_a_cache_that_cannot_be_written_says_what_to_do(cache, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied", "cache")

    monkeypatch.setattr(type(cache.root), "mkdir", refuse)
    with pytest.raises(CacheError, match="set `cache` in the configuration"):
        put(cache)


def test_an_archive_that_another_job_has_set_aside_is_no_error(cache):
    put(cache).unlink()
    cache.set_aside(KEY)
    assert cache.n_damaged == 1
