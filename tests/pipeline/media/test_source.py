"""What the system refuses is told apart from what a file is; Linux refuses /proc/self/mem."""

import errno
from pathlib import Path

import pytest

from pipeline.media.errors import NoMediaError, ReadError
from pipeline.media.source import Source, check_system, is_out_of_memory, open_source, reason_of


def test_a_file_is_read_as_it_is(tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(bytes(range(200)))
    source = open_source(path)
    assert (source.read(3), source.tell(), source.seek(-2, 2)) == (b"\x00\x01\x02", 3, 198)
    assert source.read(9) == bytes([198, 199])
    assert source.error is None
    source.close()
    check_system(None, source.error)


def test_what_the_system_refuses_is_remembered_though_the_reader_forgets_it(tmp_path):
    source = Source(Path("/proc/self/mem"))
    with pytest.raises(OSError) as refusal:  # noqa: PT011 - the first byte of memory is nobody's
        source.read(16)
    assert (refusal.value.errno, source.error) == (errno.EIO, refusal.value)
    with pytest.raises(ReadError, match="the system failed while the file was read: Input/output"):
        check_system(source.error, source.error)


def test_a_place_before_the_file_is_the_files_own_fault(tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(b"abc")
    source = open_source(path)
    with pytest.raises(OSError, match="Invalid argument"):
        source.seek(-5)
    assert source.error is None


def test_a_file_that_is_not_there_is_no_media(tmp_path):
    with pytest.raises(NoMediaError):
        open_source(tmp_path / "gone.mp4")


def test_memory_that_ran_out_is_no_property_of_a_file():
    for error in (MemoryError(), OSError(errno.ENOMEM, "Cannot allocate memory")):
        assert is_out_of_memory(error)
        with pytest.raises(ReadError):
            check_system(error, None)
    check_system(ValueError("odd bytes"), None)
    assert (reason_of(OSError(2, "No such file")), reason_of(KeyError())) == (
        "No such file",
        "KeyError",
    )
