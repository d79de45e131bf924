"""Truth: what the system says of real files, changed in real ways."""

import os

import pytest

from pipeline.media.errors import NoMediaError, ReadError
from pipeline.media.state import check_state, file_state


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "a.mp4"
    path.write_bytes(b"1234")
    return path


def touch(path):
    os.utime(path, (1, 1))


def replace(path):
    other = path.with_name("other")
    other.write_bytes(path.read_bytes())
    times = path.stat()
    os.utime(other, ns=(times.st_atime_ns, times.st_mtime_ns))
    other.replace(path)


def rewrite(path):
    """As long as before, and dated back."""
    times = path.stat()
    path.write_bytes(b"5678")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


@pytest.mark.parametrize("change", [touch, replace, rewrite])
def test_a_change_while_it_is_read_is_noticed(file, change):
    state = file_state(file)
    check_state(file, state)
    change(file)
    with pytest.raises(ReadError, match="was changed while it was read"):
        check_state(file, state)
    check_state(file, None)


def test_what_is_no_file_is_no_media(tmp_path, file):
    for path, why in ((tmp_path / "b.mp4", "is not there"), (tmp_path, "is not a file")):
        with pytest.raises(NoMediaError, match=why):
            file_state(path)
