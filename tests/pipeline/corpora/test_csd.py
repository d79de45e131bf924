"""Computational sequences: read as h5py wrote them; broken or pointing elsewhere: refused."""

import h5py
import numpy as np
import pytest

from pipeline.corpora.csd import CsdRow, read_csd
from pipeline.corpora.raw import CorpusError


def test_rows_come_by_video_in_the_order_of_the_file(tmp_path, write_csd):
    videos = {"b": ([[1.0], [2.0]], [[5, 6], [0, 1]]), "-a": ([[3.0]], [[0.5, 1]])}
    path = write_csd(tmp_path / "x.csd", "Opinion Segment Labels", videos)
    assert read_csd(path) == [
        CsdRow("-a", 0, 0.5, 1.0, (3.0,)),
        CsdRow("b", 0, 5.0, 6.0, (1.0,)),
        CsdRow("b", 1, 0.0, 1.0, (2.0,)),
    ]


def test_lengths_must_agree(tmp_path, write_csd):
    path = write_csd(tmp_path / "x.csd", "All Labels", {"v": ([[1.0], [2.0]], [[0, 1]])})
    with pytest.raises(CorpusError, match="v has 2 rows of features and 1 intervals"):
        read_csd(path)


def test_intervals_have_two_columns(tmp_path, write_csd):
    path = write_csd(tmp_path / "x.csd", "All Labels", {"v": ([[1.0]], [[0.0]])})
    with pytest.raises(CorpusError, match="rows of features and 1 intervals"):
        read_csd(path)


def test_compressed_as_the_sdk_can_write_is_read(tmp_path):
    """write_CSD of mmsdk takes `compression` and `compression_opts` for h5py's create_dataset."""
    with h5py.File(tmp_path / "x.csd", "w") as file:
        group = file.create_group("All Labels/data/v")
        for name, value in (("features", [[0.5]]), ("intervals", [[0.0, 1.0]])):
            group.create_dataset(name, data=value, compression="gzip", compression_opts=9)
    assert read_csd(tmp_path / "x.csd") == [CsdRow("v", 0, 0.0, 1.0, (0.5,))]


def test_many_tables_of_many_rows_are_refused_before_memory_is_full(tmp_path, write_csd):
    rows, spans = np.zeros((60_000, 1)), np.zeros((60_000, 2))
    path = write_csd(tmp_path / "x.csd", "All Labels", dict.fromkeys("abc", (rows, spans)))
    with pytest.raises(CorpusError, match=r"x\.csd: more than 100,000 rows"):
        read_csd(path)


def test_a_chunk_that_unfolds_to_gigabytes_is_refused(tmp_path):
    with h5py.File(tmp_path / "x.csd", "w") as file:
        group = file.create_group("All Labels/data/v")
        group["intervals"] = np.zeros((1, 2))
        shape = {"shape": (1, 1), "maxshape": (None, None), "chunks": (2**20, 2**8)}
        group.create_dataset("features", dtype="f8", compression="gzip", **shape)
    with pytest.raises(CorpusError, match=r"too large; in chunks of \(1048576, 256\)"):
        read_csd(tmp_path / "x.csd")


def test_file_that_is_no_hdf5_is_refused(tmp_path):
    path = tmp_path / "x.csd"
    path.write_bytes(b"<html>404</html>")
    with pytest.raises(CorpusError, match=r"x\.csd: not a readable HDF5 file"):
        read_csd(path)


def test_empty_file_names_the_layout(tmp_path):
    path = tmp_path / "x.csd"
    h5py.File(path, "w").close()
    with pytest.raises(CorpusError, match="expected /<name>/data/<video>"):
        read_csd(path)


@pytest.fixture
def half_file(tmp_path):
    """A file with intervals but no features yet, open for writing."""
    with h5py.File(tmp_path / "x.csd", "w") as file:
        file["All Labels/data/v/intervals"] = np.zeros((1, 2))
        yield file["All Labels/data/v"], tmp_path


def test_links_to_other_files_are_refused(half_file):
    group, folder = half_file
    with h5py.File(folder / "other.h5", "w") as other:
        other["secret"] = np.ones((1, 1))
    group["features"] = h5py.ExternalLink(str(folder / "other.h5"), "/secret")
    group.file.close()
    with pytest.raises(CorpusError, match="features is a link to another place"):
        read_csd(folder / "x.csd")


def test_storage_in_other_files_is_refused(half_file):
    group, folder = half_file
    (folder / "raw.bin").write_bytes(np.ones(1, dtype=np.float32).tobytes())
    external = [(str(folder / "raw.bin"), 0, 4)]
    group.create_dataset("features", (1, 1), dtype=np.float32, external=external)
    group.file.close()
    with pytest.raises(CorpusError, match="not a table of numbers in the file"):
        read_csd(folder / "x.csd")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.array([[b"text"]]), "not a table of numbers"),
        (np.zeros(3), "not a table of numbers"),
        (np.zeros((1, 65)), "too large"),
    ],
)
def test_other_arrays_are_refused(half_file, values, message):
    group, folder = half_file
    group["features"] = values
    group.file.close()
    with pytest.raises(CorpusError, match=message):
        read_csd(folder / "x.csd")


def test_size_is_checked_before_reading(half_file):
    group, folder = half_file
    group.create_dataset("features", (10**9, 8), dtype=np.float64, chunks=(1000, 8))  # 64 GB of 0
    group.file.close()
    with pytest.raises(CorpusError, match=r"has shape \(1000000000, 8\), too large"):
        read_csd(folder / "x.csd")
