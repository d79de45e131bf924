"""Arrays of files: what numpy reads, bounded by what is there."""

import io
import subprocess
import sys
import zipfile

import numpy as np
import pytest

from pipeline.base.provenance import ROOT
from pipeline.corpora.imports.imported import ImportFormatError
from pipeline.corpora.imports.plain_arrays import ArrayArchive, read_npy

ARRAYS = {
    "half": np.arange(6, dtype=np.float16).reshape(2, 3),
    "big_endian": np.arange(6, dtype=">f8").reshape(2, 3),
    "fortran": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "texts": np.array(["hello", "caf\u00e9"]),
    "bytes": np.array([b"ab", b"c"]),
    "empty": np.zeros((0, 5), np.float32),
    "scalar": np.array(2.0),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_are_those_that_numpy_reads(tmp_path, name):
    np.save(tmp_path / "a.npy", ARRAYS[name])
    np.savez_compressed(tmp_path / "a.npz", **{name: ARRAYS[name]})
    expected = np.load(tmp_path / "a.npy")
    with ArrayArchive(tmp_path / "a.npz") as archive:
        assert archive.names == [name]
        assert archive.shape(name) == expected.shape
        for found in (read_npy(tmp_path / "a.npy"), archive.read(name)):
            assert found.dtype == expected.dtype
            np.testing.assert_array_equal(found, expected)


def npy(array):
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


HEADER = npy(np.zeros((10, 10)))[:128]
BAD = {
    "nothing": b"",
    "half": npy(np.zeros(100))[:-1],
    "more": npy(np.zeros(100)) + b"x",
    "a claim": HEADER.replace(b"(10, 10)", b"(10**9,)"),
    "a large claim": HEADER.replace(b"(10, 10), ", b"(9000000000, 9),"),
    "a negative axis": HEADER.replace(b"(10, 10)", b"(-1,-10)"),
    "deep brackets": HEADER[:10] + b"(" * 118,
    "fields": npy(np.zeros(3, dtype=[("a", "f4")])),
    "dates": npy(np.zeros(3, dtype="M8[s]")),
    "complex": npy(np.zeros(3, dtype=complex)),
    "version": b"\x93NUMPY\x03\x00" + HEADER[8:],
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_plain_whole_array_is_refused_by_name(tmp_path, name):
    path = tmp_path / "a.npy"
    path.write_bytes(BAD[name])
    with pytest.raises(ImportFormatError, match=r"a\.npy: "):
        read_npy(path)
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("x.npy", BAD[name])
    with (
        pytest.raises(ImportFormatError, match=r"a\.npz: x: "),
        ArrayArchive(tmp_path / "a.npz") as archive,
    ):
        archive.read("x")


def test_two_members_of_one_name_are_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("x.npy", HEADER)
        archive.writestr("x", HEADER)
    with pytest.raises(ImportFormatError, match="'x' stands twice"):
        ArrayArchive(tmp_path / "a.npz")


@pytest.mark.parametrize("n_arrays", [1, 8])
def test_a_small_archive_cannot_fill_the_memory(tmp_path, n_arrays):
    """Zeros of two gigabytes in two megabytes, in one array or in eight."""
    path = tmp_path / "bomb.npz"
    n_rows = 2**31 // 8 // n_arrays
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for k in range(n_arrays):
            with archive.open(f"a{k}.npy", "w", force_zip64=True) as member:
                header = npy(np.zeros(1))[:128].replace(b"(1,), ", f"({n_rows},),".encode())
                member.write(header[:128].rstrip().ljust(127) + b"\n")
                for _ in range(n_rows * 8 // 2**24):
                    member.write(bytes(2**24))
    code = (
        "import resource\n"
        "resource.setrlimit(resource.RLIMIT_AS, (2 * 2**30, 2 * 2**30))\n"
        "from pathlib import Path\n"
        "from pipeline.corpora.imports.plain_arrays import ArrayArchive, ImportFormatError\n"
        f"with ArrayArchive(Path({str(path)!r})) as archive:\n"
        "    try: [archive.read(name) for name in archive.names]\n"
        "    except ImportFormatError as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert "more than 100 times the archive" in done.stdout
