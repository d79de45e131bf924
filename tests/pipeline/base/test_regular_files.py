"""Truth: what the system says of real files, and of what is none."""

import os

import pytest

from pipeline.base.regular_files import NoFileError, look_at


def test_of_a_file_it_says_what_the_system_says(tmp_path):
    file = tmp_path / "a.mp4"
    file.write_bytes(b"1234")
    link = file.with_name("link")
    link.symlink_to(file)
    assert look_at(file).st_size == look_at(link).st_size == 4
    assert look_at(file).st_ino == file.stat().st_ino


def test_what_is_no_file_is_told_apart(tmp_path):
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "round").symlink_to(tmp_path / "round")
    for path, why in (
        (tmp_path / "b.mp4", "is not there"),
        (tmp_path / "file/below", "is not there"),
        (tmp_path, "is not a file"),
        (tmp_path / "pipe", "is not a file"),
        (tmp_path / ("x" * 300), "cannot be read: File name too long"),
        (tmp_path / "round", "cannot be read: Too many levels of symbolic links"),
    ):
        with pytest.raises(NoFileError, match=why):
            look_at(path)
