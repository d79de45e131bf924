"""A disk that refuses ends a stage in one line: real stages, real limits of the system."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.base import files
from pipeline.base.digests import remembered_digest
from pipeline.base.files import file_digest, write_text
from tests.modules import ROOT


def count_parameters(out, before=""):
    command = f"{before} '{sys.executable}' -m pipeline.stages.count_parameters --out {out}"
    return subprocess.run(
        ["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_ends_a_stage_in_one_line(tmp_path):
    """No file may grow: the system's own limit, met as EFBIG by whoever ignores its signal."""
    ended = count_parameters(tmp_path / "p.csv", before="trap '' XFSZ; ulimit -f 0;")
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    assert f"error: {tmp_path}/p.csv: File too large: make room on its disk" in ended.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_a_folder_of_another_user_ends_a_stage_in_one_line(tmp_path):
    """Root steps back to `nobody` and meets a folder that is for its owner alone."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    for folder in (tmp_path, *tmp_path.parents[:-2]):
        folder.chmod(0o755)
    code = (
        "import os, sys; sys.path.insert(0, sys.argv[1]); import pipeline.stages;"
        "from pipeline.base.files import write_text; from pathlib import Path;"
        "os.setuid(65534); write_text(Path(sys.argv[2]), 'x')"
    )
    command = [sys.executable, "-B", "-c", code, str(ROOT), str(closed / "x.csv")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)

    assert ended.returncode == 1
    assert ended.stderr.startswith("error: ")
    assert "Permission denied: give this user the right" in ended.stderr


def ending(raised):
    code = f"import sys; sys.path.insert(0, sys.argv[1]); import pipeline.stages; {raised}"
    command = [sys.executable, "-B", "-c", code, str(ROOT)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_an_error_of_ours_ends_a_stage_in_one_line_and_another_with_its_traceback(tmp_path):
    ours = ending(
        "from pipeline.base.arrays import read_header; from pathlib import Path;"
        f"p = Path('{tmp_path}/x.safetensors'); p.write_bytes(b'none'); read_header(p)"
    )
    assert (ours.returncode, ours.stderr.count("\n")) == (1, 1)
    assert ours.stderr.startswith(f"error: {tmp_path}/x.safetensors")
    others = ending("raise ValueError('unexpected')")
    assert others.returncode == 1
    assert "Traceback" in others.stderr


def test_a_folder_that_cannot_be_synced_takes_files(tmp_path):
    """/proc is such a folder: fsync of it is EINVAL."""
    files._sync_folder(Path("/proc/self"))
    write_text(tmp_path / "x", "x")
    assert (tmp_path / "x").read_text() == "x"


@pytest.mark.parametrize("damage", [b"\xff" * 64, b"", b"g" * 64])
def test_a_damaged_note_of_a_digest_is_not_read(tmp_path, damage):
    weights = tmp_path / "weights.bin"
    weights.write_bytes(b"w" * 2_000_000)
    assert remembered_digest(weights, tmp_path / "cache") == file_digest(weights)
    (note,) = (tmp_path / "cache/digests").iterdir()
    note.write_bytes(damage)
    assert remembered_digest(weights, tmp_path / "cache") == file_digest(weights)


def test_a_digest_is_known_though_its_note_cannot_be_written(tmp_path):
    weights = tmp_path / "weights.bin"
    weights.write_bytes(b"w" * 2_000_000)
    (tmp_path / "cache").write_text("a file is in the way")
    assert remembered_digest(weights, tmp_path / "cache") == file_digest(weights)
