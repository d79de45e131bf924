"""A folder of own videos: media without a table, links, odd names."""

import pytest

from pipeline.corpora.clips import clips
from pipeline.corpora.folder import read
from pipeline.corpora.found import beside, read_turns
from pipeline.corpora.raw import CorpusError
from pipeline.corpora.turns import Found

pytestmark = pytest.mark.fresh


def test_without_a_table_each_video_is_a_dialogue(tmp_path, write, settings):
    names = ["clip.mp4", "x/clip.mp4", "x/clip.mov", "x_clip.mp4", "é ü.webm", "a..b.mkv"]
    for name in [*names, "notes.txt", ".hidden.mp4", "._clip.mp4", "clip.wav"]:
        write(tmp_path / name)
    raw = read(tmp_path, settings("folder"))
    assert sorted(row.media for row in raw.utterances) == sorted(names)
    ids = [row.utterance_id for row in raw.utterances]
    assert len(set(ids)) == len(names)
    assert [row.dialogue_id for row in raw.utterances] == ids
    assert "clip.mp4" in ids
    assert "each of 6 videos is one utterance" in raw.notes[0]


def test_sound_files_without_a_table_are_utterances_too(tmp_path, write, settings):
    for name in ("a.mp4", "a.wav", "x/b.WAV", "x/c.flac"):
        write(tmp_path / name)
    raw = read(tmp_path, settings("folder"))
    assert [row.media for row in raw.utterances] == ["a.mp4", "x/b.WAV", "x/c.flac"]
    assert raw.notes[0].startswith(
        "no utterances.csv: each of 1 video and 2 sound files is one utterance"
    )
    assert raw.notes[1] == "1 sound file lies beside a video of that name, which is used"


def test_name_of_a_video_does_not_depend_on_its_neighbours(tmp_path, write, settings):
    write(tmp_path / "x/clip.mp4")
    (alone,) = read(tmp_path, settings("folder")).utterances
    write(tmp_path / "x_clip.mp4")
    write(tmp_path / "clip.mp4")
    assert alone in read(tmp_path, settings("folder")).utterances


def test_links_out_of_the_folder_are_refused(tmp_path, write, settings, reasons):
    secret = write(tmp_path / "secret.mp4", b"private")
    root = tmp_path / "corpus"
    write(root / "a.mp4")
    (root / "out.mp4").symlink_to(secret)
    (root / "inside.mp4").symlink_to(root / "a.mp4")
    (root / "loop.mp4").symlink_to(root / "loop.mp4")
    raw = read(root, settings("folder"))
    assert sorted(row.media for row in raw.utterances) == ["a.mp4", "inside.mp4"]
    found = reasons(raw)
    assert found.keys() == {"loop.mp4 (loop.mp4)", "out.mp4 (out.mp4)"}
    assert all(reason.startswith("media leaves the corpus folder: '") for reason in found.values())
    assert f"is a link into {str(tmp_path)!r}" in found["out.mp4 (out.mp4)"]
    assert "in the key `links`" in found["out.mp4 (out.mp4)"]


def test_links_may_lead_into_folders_that_the_user_names(tmp_path, write, settings, reasons):
    """As the hub's cache keeps snapshots, and as DVC and git-annex keep files."""
    write(tmp_path / "store/0a1b2c", b"video")
    table = write(tmp_path / "store/9f8e", "utterance_id,dialogue_id,media\nu,d,a.mp4\nv,d,b.mp4\n")
    secret = write(tmp_path / "secret/b", b"private")
    root = tmp_path / "corpus"
    root.mkdir()
    (root / "a.mp4").symlink_to("../store/0a1b2c")
    (root / "b.mp4").symlink_to(secret)
    (root / "utterances.csv").symlink_to(table)
    chosen = settings("folder", links=[str(tmp_path / "store")])
    raw = read(root, chosen)
    assert [row.media for row in raw.utterances] == ["a.mp4"]

    ((item, reason),) = reasons(raw).items()
    assert item.startswith("v ")
    assert f"is a link into {str(tmp_path / 'secret')!r}" in reason


@pytest.mark.parametrize("media", ["../store/a.mp4", "{store}/a.mp4", "sub/../../store/a.mp4"])
def test_paths_of_a_table_never_leave_the_folder_whatever_links_may(
    tmp_path, write, settings, reasons, media
):
    write(tmp_path / "store/a.mp4", b"video")
    media = media.format(store=tmp_path / "store")
    write(tmp_path / "corpus/utterances.csv", f"utterance_id,dialogue_id,media\nu,d,{media}\n")
    raw = read(tmp_path / "corpus", settings("folder", links=[str(tmp_path / "store")]))
    assert not raw.utterances
    assert "media leaves the corpus folder" in next(iter(reasons(raw).values()))


def test_table_that_links_out_of_the_folder_is_refused(tmp_path, write, settings):
    secret = write(tmp_path / "secret.csv", "utterance_id,dialogue_id,media\nu,d,a.mp4\n")
    root = tmp_path / "corpus"
    root.mkdir()
    (root / "utterances.csv").symlink_to(secret)
    with pytest.raises(CorpusError, match="link to a place outside the corpus folder"):
        read(root, settings("folder"))


def test_file_names_that_no_table_can_hold_are_told(tmp_path, write, settings, reasons):
    write(tmp_path / "a.mp4")
    write(tmp_path / "line\nbreak.mp4")
    bad = tmp_path / b"caf\xe9.mp4".decode("utf-8", "surrogateescape")
    write(bad)
    raw = read(tmp_path, settings("folder"))
    assert [row.media for row in raw.utterances] == ["a.mp4"]
    assert all("characters that no table can hold" in reason for reason in reasons(raw).values())
    assert len(reasons(raw)) == 2


def test_files_that_no_table_can_name_are_no_clips_and_told(tmp_path, write, settings, reasons):
    """The name of a job would end it: a byte of it is no UTF-8."""
    bad = b"caf\xe9.mp4".decode("utf-8", "surrogateescape")
    for name in ("a.mp4", "line\nbreak.mp4", bad):
        write(tmp_path / name)
    assert clips(tmp_path) == {"a": "a.mp4"}
    raw = read_turns(tmp_path, settings("folder"), {"a": Found("a.mp4", "", "voice")})
    assert [row.media for row in raw.utterances] == ["a.mp4"]
    assert all("characters that no table can hold" in reason for reason in reasons(raw).values())
    assert set(reasons(raw)) == {"line\\nbreak.mp4", "caf\\udce9.mp4"}
    assert raw.notes[-1].startswith("2 files are left out, first ")


@pytest.mark.parametrize("folder", ["day [1]", "[a-z]", "what?", "**", "a*b"])
def test_a_transcript_is_found_in_a_folder_of_any_name(tmp_path, write, folder):
    for name in ("x.mp4", "x.srt", "y.srt", "sub/x.srt"):
        write(tmp_path / folder / name)
    assert [file.relative for file in beside(tmp_path, f"{folder}/x.mp4")] == [f"{folder}/x.srt"]
