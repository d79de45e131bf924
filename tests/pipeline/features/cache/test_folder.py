"""Folders of records: for the owner alone, by key; what is damaged is set aside and counted."""

import errno
import os
import stat

import pytest

from pipeline.base.errors import CacheError
from pipeline.features.cache.folder import CacheFolder

KEY = "ab" + "0" * 62


def test_a_record_lies_where_its_key_says_and_its_folders_are_the_owners(tmp_path):
    folder = CacheFolder(tmp_path / "cache", "faces", ".zip")
    with folder.writing(KEY) as path:
        path.write_bytes(b"crops")
    assert path == tmp_path / "cache" / "faces" / "ab" / f"{KEY}.zip" == folder.path(KEY)
    for made in (path.parent, path.parent.parent, tmp_path / "cache"):
        assert stat.S_IMODE(made.stat().st_mode) == 0o700


def test_what_is_damaged_is_moved_out_of_the_way_and_counted(tmp_path):
    folder = CacheFolder(tmp_path, "audio", ".safetensors")
    for content in (b"first", b"second"):
        with folder.writing(KEY) as path:
            path.write_bytes(content)
        folder.set_aside(KEY)
    assert not path.exists()
    aside = sorted(kept.read_bytes() for kept in (tmp_path / "quarantine").iterdir())
    assert (aside, folder.n_damaged) == ([b"first", b"second"], 2)
    folder.set_aside(KEY)  # another job was faster
    assert len(list((tmp_path / "quarantine").iterdir())) == 2


def test_a_disk_that_is_full_is_told_with_the_folder(tmp_path):
    folder = CacheFolder(tmp_path / "cache", "text", ".safetensors")
    with pytest.raises(CacheError, match="cache"), folder.writing(KEY) as path:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
