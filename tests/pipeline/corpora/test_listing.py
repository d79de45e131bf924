"""Listing of corpus files by glob patterns."""

import os

import pytest

from pipeline.corpora.listing import ANY_MEDIA, ANY_VIDEO, list_files

pytestmark = pytest.mark.fresh


def names(root, *patterns):
    return [file.relative for file in list_files(root, patterns)]


def test_each_part_matches_one_folder(tmp_path, write):
    for name in ("Session1/a/x.txt", "Session1/b/x.txt", "Session9/a/x.txt", "x.txt"):
        write(tmp_path / name)
    assert names(tmp_path, "Session[1-5]/*/x.txt") == ["Session1/a/x.txt", "Session1/b/x.txt"]
    assert names(tmp_path, "x.txt", "*.txt") == ["x.txt"]
    assert names(tmp_path, "Session1/a") == []
    assert names(tmp_path / "gone", "*") == []


def test_two_stars_match_any_depth(tmp_path, write):
    for name in ("a.mp4", "x/b.MP4", "x/y/z/c.webm", "x/d.wav", "x/e.txt"):
        write(tmp_path / name)
    assert names(tmp_path, f"**/{ANY_VIDEO}") == ["a.mp4", "x/b.MP4", "x/y/z/c.webm"]
    assert names(tmp_path, f"**/{ANY_MEDIA}") == ["a.mp4", "x/b.MP4", "x/d.wav", "x/y/z/c.webm"]


def test_hidden_files_and_apple_twins_are_no_part(tmp_path, write):
    for name in ("._a.mp4", ".hidden/b.mp4", "c.mp4", "x/.DS_Store"):
        write(tmp_path / name)
    assert names(tmp_path, "**/*") == ["c.mp4"]


def test_links_never_lead_in_circles(tmp_path, write):
    write(tmp_path / "x/a.mp4")
    (tmp_path / "x/up").symlink_to(tmp_path)
    (tmp_path / "x/self").symlink_to(tmp_path / "x/self")
    (tmp_path / "x/gone.mp4").symlink_to(tmp_path / "nowhere")
    found = {file.relative: file.size for file in list_files(tmp_path, ["**/*"])}
    assert found == {"x/a.mp4": 0, "x/self": -1, "x/gone.mp4": -1}


def test_size_and_time_are_those_of_the_file(tmp_path, write):
    path = write(tmp_path / "a.mp4", b"12345")
    os.utime(path, ns=(1, 1_700_000_000_123_456_789))
    (file,) = list_files(tmp_path, ["*.mp4"])
    assert (file.size, file.mtime_ns) == (5, 1_700_000_000_123_456_789)
