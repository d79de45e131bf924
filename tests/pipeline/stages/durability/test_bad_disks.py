"""Disks that are full or may not be written: a clear end, nothing half-written, nothing lost."""

import subprocess
from functools import partial

import pytest

from tests.pipeline.stages.durability.processes import (
    finish,
    limit_files,
    start,
    without_powers,
)


@pytest.fixture
def alone(tmp_path):
    """alone(work): what the work leaves where nothing disturbs it."""

    def run(job):
        folder = tmp_path / "alone"
        folder.mkdir()
        assert finish(start(folder, job.stage, job.arguments(folder))) == 0
        return job.result(folder)

    return run


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "disturbed").mkdir()
    return tmp_path / "disturbed"


def go_on(job, folder):
    assert finish(start(folder, job.stage, job.arguments(folder))) == 0
    return job.result(folder)


@pytest.mark.parametrize(
    ("what", "n_bytes", "is_cached"),
    [
        ("cropping", 2000, False),
        ("text", 1500, False),  # less than a record
        ("text", 20_000, True),  # more than a record, less than the table of all
        ("training", 20_000, False),
    ],
)
def test_a_disk_that_takes_no_more_ends_the_stage_and_the_next_run_goes_on(
    work, alone, folder, what, n_bytes, is_cached
):
    job = work(what)
    limited = start(folder, job.stage, job.arguments(folder), partial(limit_files, n_bytes))
    assert finish(limited) == 1
    assert "File too large" in (folder / f"{job.stage}.log").read_text()
    left = job.result(folder)
    assert not {name for name in left if "/" not in name}
    assert any(name.startswith("cache/text/") for name in left) == is_cached
    assert not list(folder.rglob(".*.part"))
    assert go_on(job, folder) == alone(job)


def mount(*words):
    return subprocess.run(["mount", *map(str, words)], capture_output=True, text=True, check=False)


def test_a_full_disk_is_told_and_with_more_space_the_rest_is_done(work, alone, folder):
    """A real one: a tmpfs of eleven pages of memory, which take a few records."""
    job = work("text")
    (folder / "cache").mkdir()
    mounted = mount("-t", "tmpfs", "-o", "size=44k,mode=700", "tmpfs", folder / "cache")
    if mounted.returncode:
        pytest.skip(f"no tmpfs may be mounted here: {mounted.stderr.strip()}")

    try:
        assert finish(start(folder, job.stage, job.arguments(folder))) == 1
        said = (folder / f"{job.stage}.log").read_text()
        assert "error: cannot write to the cache" in said
        assert "No space left on device" in said
        assert "Traceback" not in said
        kept = [name for name in job.result(folder) if name.startswith("cache/text/")]
        assert 0 < len(kept) < 24
        assert mount("-o", "remount,size=10m", folder / "cache").returncode == 0
        assert go_on(job, folder) == alone(job)
        assert f"{len(kept)} hits" in (folder / f"{job.stage}.log").read_text()
    finally:
        subprocess.run(["umount", str(folder / "cache")], check=True)


@pytest.mark.parametrize("what", ["cropping", "text", "visual"])
def test_a_read_only_cache_that_has_everything_is_enough(work, alone, folder, tmp_path, what):
    job = work(what)
    whole = alone(job)
    (tmp_path / "alone/cache").rename(folder / "cache")
    arguments = job.arguments(folder)
    forbid_writing(folder / "cache")
    assert finish(start(folder, job.stage, arguments, without_powers)) == 0
    assert job.result(folder) == whole


@pytest.mark.parametrize("what", ["cropping", "text", "training"])
def test_a_read_only_cache_that_lacks_something_is_told_with_the_way_out(work, folder, what):
    job = work(what)
    arguments = job.arguments(folder)
    (folder / "cache").mkdir(exist_ok=True)
    forbid_writing(folder / "cache")
    assert finish(start(folder, job.stage, arguments, without_powers)) == 1
    said = (folder / f"{job.stage}.log").read_text()
    assert "error: cannot write to the cache" in said
    assert "Permission denied" in said
    assert "set `cache` in the configuration to a folder that is" in said
    assert "Traceback" not in said
    assert job.result(folder) == {}


def forbid_writing(folder):
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
