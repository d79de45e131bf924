"""What lies in the cache is damaged, or belongs to files of the same name: never mistaken."""

import pytest

from tests.pipeline.stages.durability.processes import finish, start

WORK = ("cropping", "audio", "text", "visual", "training")


def run(job, folder):
    assert finish(start(folder, job.stage, job.arguments(folder))) == 0
    return job.result(folder)


def damage(path, number):
    """Cut it short, flip a bit, or leave nothing of it."""
    content = bytearray(path.read_bytes())
    if number % 3 == 0:
        del content[len(content) * 2 // 3 :]
    elif number % 3 == 1:
        content[len(content) // 2] ^= 0x10
    else:
        content.clear()
    path.unlink()  # results may be the same file under another name
    path.write_bytes(content)


@pytest.mark.parametrize("what", WORK)
def test_damaged_records_are_told_and_made_again(work, tmp_path, what):
    job = work(what)
    whole = run(job, tmp_path)
    kind = {"cropping": "faces", "training": "runs"}.get(what, what)
    records = sorted(path for path in (tmp_path / "cache" / kind).rglob("*.*") if path.is_file())
    for number, path in enumerate(records[:3]):
        damage(path, number)
    assert run(job, tmp_path) == whole
    said = (tmp_path / f"{job.stage}.log").read_text()
    if what == "training":
        assert "was changed since it was written: training anew" in said
    else:
        assert "3 damaged" in said
        assert len(list((tmp_path / "cache/quarantine").iterdir())) == 3


@pytest.mark.parametrize("what", ["cropping", "audio", "text", "visual"])
def test_two_corpora_with_the_same_names_in_one_cache_stay_apart(
    work, talks, namesakes, tmp_path, what
):
    """Side by side, and each gets what it gets alone."""
    both = [work(what, place) for place in (talks, namesakes)]
    folders = [tmp_path / name for name in ("first", "second", "together_1", "together_2")]
    (tmp_path / "cache").mkdir()
    for folder in folders:
        folder.mkdir()
    for folder in folders[2:]:
        (folder / "cache").symlink_to(tmp_path / "cache")
    alone = [run(job, folder) for job, folder in zip(both, folders, strict=False)]
    pairs = list(zip(both, folders[2:], strict=True))
    running = [start(folder, job.stage, job.arguments(folder)) for job, folder in pairs]
    assert [finish(process) for process in running] == [0, 0]

    (output,) = both[0].outputs
    assert (folders[2] / output).read_bytes() == alone[0][output]
    assert (folders[3] / output).read_bytes() == alone[1][output]
    assert alone[0][output] != alone[1][output]

    shared = set(both[0].result(folders[2])) - {output}
    assert shared == (set(alone[0]) | set(alone[1])) - {output}
    assert not {name for name in alone[0] if name in alone[1] and what in name}
