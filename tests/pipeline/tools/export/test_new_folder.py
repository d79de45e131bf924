"""A folder is there whole or not at all, and takes the place of nothing."""

import pytest

from pipeline.tools.export.content import ExportError
from pipeline.tools.export.new_folder import new_folder


def test_a_folder_appears_when_all_is_in_it(tmp_path):
    wanted = tmp_path / "deep" / "folder"
    with new_folder(wanted) as part:
        (part / "a.txt").write_text("a")
        assert not wanted.exists()
    assert (wanted / "a.txt").read_text() == "a"
    assert [path.name for path in wanted.parent.iterdir()] == ["folder"]


def test_an_error_leaves_nothing(tmp_path):
    def broken():
        with new_folder(tmp_path / "folder") as part:
            (part / "a.txt").write_text("a")
            raise OSError("disk")

    with pytest.raises(OSError, match="disk"):
        broken()
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_stays(tmp_path):
    (tmp_path / "empty").mkdir()
    with new_folder(tmp_path / "empty") as part:
        (part / "a.txt").write_text("a")
    for name in ("empty", "empty/a.txt"):
        with pytest.raises(ExportError, match="is there already"), new_folder(tmp_path / name):
            raise AssertionError("nothing is written")
    assert (tmp_path / "empty/a.txt").read_text() == "a"
