"""Recordings that nobody has prepared: which files count, and where the workflow finds them."""

import fcntl

import pytest

from pipeline.config.configuration import read_config
from pipeline.corpora.clips import own_media
from pipeline.corpora.found import beside
from pipeline.tools.label.errors import LabelError
from pipeline.tools.label.preparing import PRESET
from pipeline.tools.label.recordings import (
    ALONE,
    SINGLE,
    find_recordings,
    is_prepared,
    run_workflow,
)


@pytest.fixture
def videos(tmp_path):
    folder = tmp_path / "videos"
    folder.mkdir()
    for name in ("a.mp4", "a.vtt", "b.mp4", "b.srt", "a.labels.vtt"):
        (folder / name).write_bytes(name.encode())
    return folder


def test_a_single_file_stands_alone_with_its_own_transcript(videos, tmp_path):
    for name, transcript in (("a.mp4", "a.vtt"), ("b.mp4", "b.srt"), ("a.mp4", "a.vtt")):
        found = find_recordings(videos / name, tmp_path / "out")
        assert own_media(found.root).paths == (name,)
        assert [file.relative for file in beside(found.root, name)] == [transcript]
        assert (found.root / name).read_bytes() == name.encode()
        assert found.links == (str(videos),)


def test_links_to_a_single_file_replace_no_file(videos, tmp_path):
    place = tmp_path / "out" / SINGLE
    place.mkdir(parents=True)
    (place / "mine.mp4").write_bytes(b"")
    with pytest.raises(LabelError, match=r"mine\.mp4 is in the way"):
        find_recordings(videos / "a.mp4", tmp_path / "out")
    assert (place / "mine.mp4").exists()


def test_a_configuration_for_recordings_may_be_read_in_any_folder(videos, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    source = videos.relative_to(tmp_path)
    config = read_config(PRESET, ["speech={number: 2}"])
    placed = find_recordings(source, tmp_path).placed(config, {"shards": 2}, source / "cache")
    assert placed.corpora["interview"].root == str(videos)
    assert placed.cache == str(videos / "cache")
    assert placed.speech.number == 2
    assert placed.shards == 2
    alone = find_recordings(source / "a.mp4", tmp_path / "out").placed(config, {}, source)
    assert alone.shards == 1
    assert alone.corpora["interview"].links == (str(videos),)


def test_what_the_workflow_made_is_no_recording(videos):
    assert not is_prepared(videos)
    (videos / "utterances.csv").write_text("a table of a person")
    assert not is_prepared(videos)
    (videos / "corpus.json").write_text("{}")
    assert is_prepared(videos)
    assert not is_prepared(videos / "a.mp4")


def test_two_that_prepare_in_one_folder_do_not_meet(videos, tmp_path):
    config = find_recordings(videos, tmp_path).placed(read_config(PRESET), {}, tmp_path / "cache")
    lock = tmp_path / ALONE
    lock.parent.mkdir()
    with lock.open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(LabelError, match="another `label` is at work"):
            run_workflow(tmp_path, config, ["build/interview/utterances.csv"], "1")


def test_a_workflow_that_fails_says_that_the_same_command_goes_on(videos, tmp_path, capfd):
    """The files are no videos: that is told in rows; a broken transcript ends the job."""
    (videos / "a.vtt").write_text("WEBVTT\n\n00:00:99.x --> nonsense\nwords\n")
    config = find_recordings(videos, tmp_path).placed(read_config(PRESET), {}, tmp_path / "cache")
    with pytest.raises(LabelError, match="the same command goes on"):
        run_workflow(tmp_path, config, ["build/interview/utterances.csv"], "1")
    assert "a.vtt line" in capfd.readouterr().err
