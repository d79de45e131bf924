"""Seals as real jobs leave them: bash runs the functions of pipeline/rules/job.sh."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from pipeline.rules.seals import (
    changed_files,
    dated_ahead,
    explain_changed,
    is_sealed_as,
    read_seal,
)
from tests.workflow.sealing import run_job

ONE, TWO = Path("build/t/one.csv"), Path("build/t/two words.csv")
SEAL = Path("build/.seals/t/one.csv.sha256")


@pytest.fixture
def place(tmp_path, monkeypatch):
    """The folder of a project with two sealed results."""
    monkeypatch.chdir(tmp_path)
    Path("build/t").mkdir(parents=True)
    done = run_job([ONE, TWO], f"echo 1 > {ONE}; echo 2 > '{TWO}'; echo said")
    assert done.returncode == 0, done.stderr
    return tmp_path


def edit(path, text="edited\n"):
    path.write_text(text)
    later = SEAL.stat().st_mtime_ns + 1_000_000
    os.utime(path, ns=(later, later))


def test_a_job_logs_and_seals_all_that_it_wrote(place):
    assert Path("log.txt").read_text() == "said\n"
    assert [path for path, _ in read_seal(SEAL)] == [ONE, TWO]
    assert subprocess.run(["sha256sum", "--check", "--quiet", SEAL], check=False).returncode == 0
    assert changed_files() == []


def test_folders_are_sealed_file_by_file(place):
    folder = Path("build/t/figures")
    run_job([folder], f"mkdir -p {folder}/deep; echo 1 > {folder}/b; echo 2 > {folder}/deep/a")
    seal = Path("build/.seals/t/figures.sha256")
    assert [str(path) for path, _ in read_seal(seal)] == [f"{folder}/b", f"{folder}/deep/a"]


@pytest.mark.parametrize("path", [ONE, TWO])
def test_an_edited_result_is_found_and_named(place, path):
    edit(path)
    assert changed_files() == [path]
    assert str(path) in explain_changed([path])
    assert "python -m pipeline cache verify --repair" in explain_changed([path])


def test_a_touched_result_is_read_once_and_taken(place):
    edit(ONE, "1\n")
    assert changed_files() == []
    assert SEAL.stat().st_mtime_ns >= ONE.stat().st_mtime_ns  # not newer: not read again


def test_a_change_that_keeps_size_and_date_is_found(place):
    """Whoever sets a date back leaves a later ctime."""
    before = ONE.stat()
    ONE.write_text("x\n")
    os.utime(ONE, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert changed_files() == [ONE]


def test_another_file_in_its_place_is_found_though_it_is_old(place):
    """`mv` and `cp --preserve` bring old dates."""
    other = place / "other"
    other.write_text("x\n")
    os.utime(other, (0, 0))
    other.rename(ONE)
    assert changed_files() == [ONE]


def test_what_a_disk_changes_is_found_by_reading_all(place):
    """A disk leaves no date: here the seal is dated after the change."""
    ONE.write_text("x\n")
    later = time.time_ns() + 1_000_000_000
    os.utime(SEAL, ns=(later, later))
    assert changed_files() == []
    assert changed_files(thorough=True) == [ONE]


def test_a_seal_says_what_decided(place):
    assert SEAL.read_text().startswith("# decision d3c1de\n")
    assert is_sealed_as(ONE, ["'d3c1de'", "'untracked'"])
    assert not is_sealed_as(ONE, ["'other'"])
    assert not is_sealed_as(ONE, [])


@pytest.mark.parametrize("content", [b"", b"0123  build/t/one.csv\n", b"\xff\xfe", None])
def test_a_seal_without_a_decision_says_nothing(place, content):
    SEAL.unlink()
    if content is not None:
        SEAL.write_bytes(content)
    assert not is_sealed_as(ONE, ["''", "'d3c1de'"])
    assert changed_files(thorough=True) == []


@pytest.mark.parametrize("n_bytes", [0, 5, 20, 60, 99, 130])
def test_a_seal_that_is_cut_short_seals_nothing(place, n_bytes):
    """Half of a digest has no file; what a lost line named would be anybody's."""
    SEAL.write_bytes(SEAL.read_bytes()[:n_bytes])
    os.utime(SEAL, (1, 1))
    assert not is_sealed_as(ONE, ["''", "'d3c1de'"])
    assert changed_files(thorough=True) == []


def test_any_flipped_bit_of_a_seal_is_noticed_or_names_another_file_or_digest(place):
    whole = SEAL.read_bytes()
    told = read_seal(SEAL)
    for place_ in range(len(whole)):
        SEAL.write_bytes(whole[:place_] + bytes([whole[place_] ^ 0x80]) + whole[place_ + 1 :])
        assert not is_sealed_as(ONE, ["'d3c1de'"])
        assert read_seal(SEAL) == []
    SEAL.write_bytes(whole)
    assert read_seal(SEAL) == told


def test_a_deleted_result_is_left_to_snakemake(place):
    ONE.unlink()
    assert changed_files(thorough=True) == []


def test_a_job_that_fails_or_has_begun_leaves_no_seal(place):
    failed = run_job([ONE, TWO], f"echo new > {ONE}; false; echo never > {ONE}")
    assert failed.returncode == 1
    assert not SEAL.exists()
    assert changed_files() == []


def hear_signals():
    """`nohup make test &` lets the tests ignore these, and what they start would too."""
    for heard in (signal.SIGINT, signal.SIGHUP):
        signal.signal(heard, signal.SIG_DFL)


@pytest.mark.parametrize("name", ["SIGKILL", "SIGTERM", "SIGINT", "SIGHUP"])
def test_a_killed_job_leaves_no_seal_and_says_nothing_of_sealing(place, name):
    script = Path(__file__).resolve().parents[3] / "pipeline/rules/job.sh"
    begin = f"set -euo pipefail; source '{script}'; job log.txt 0 {ONE}"
    begin += f"; echo half > {ONE}; sleep 60"
    process = subprocess.Popen(
        ["bash", "-c", begin], start_new_session=True, preexec_fn=hear_signals
    )
    while SEAL.exists() or ONE.read_text() != "half\n":
        time.sleep(0.01)
    os.killpg(process.pid, getattr(signal, name))
    assert process.wait() != 0
    assert not SEAL.exists()
    assert "find" not in Path("log.txt").read_text()
    assert changed_files(thorough=True) == []


def test_a_seal_that_cannot_be_written_fails_the_job(place):
    (place / "build/.seals/u").write_text("in the way")
    done = run_job([Path("build/u/x.csv")], "mkdir -p build/u; echo 1 > build/u/x.csv")
    assert done.returncode != 0


def test_a_clock_behind_the_results_is_told(place):
    now = time.time()
    assert dated_ahead(now) == ""
    assert dated_ahead(now - 30) == ""
    said = dated_ahead(now - 3600)
    assert "build/t/one.csv is of 20" in said
    assert "set the clock" in said


def test_without_seals_there_is_nothing_to_say(tmp_path):
    assert changed_files(tmp_path / "none") == []
    assert "and 2 more" in explain_changed([Path(f"f{number}") for number in range(7)])
