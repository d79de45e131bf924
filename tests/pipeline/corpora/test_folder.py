"""A folder of own videos: what is refused, what is dropped, what is read."""

import pytest

from pipeline.corpora.folder import read
from pipeline.corpora.raw import CorpusError

pytestmark = pytest.mark.fresh

HEADER = "utterance_id,dialogue_id,media,start_s,end_s,text\n"


@pytest.fixture
def folder(tmp_path, write, settings):
    """Read a folder with two videos and this table."""

    def do(table, **values):
        write(tmp_path / "a.mp4")
        write(tmp_path / "sub/b.MOV")
        write(tmp_path / "utterances.csv", table)
        return read(tmp_path, settings("folder", **values))

    return do


def test_smallest_table_has_three_columns(folder):
    raw = folder("utterance_id,dialogue_id,media\nu1,d,a.mp4\nu2,d,./sub/b.MOV\n")
    first, second = raw.utterances
    assert (first.start_s, first.end_s, first.text, first.speaker) == (0.0, float("inf"), "", "")
    assert (second.media, second.turn, second.region) == ("sub/b.MOV", 1, "full")
    assert raw.dropped == ()


def test_bom_quotes_and_newlines_are_part_of_csv(folder):
    table = (
        b"\xef\xbb\xbf"
        + (
            HEADER
            + 'u1,d,a.mp4,0,1.5,"She said ""no"",\r\nthen\u00a0left."\r\nu2,d,sub/b.MOV,,,\r\n'
        ).encode()
    )
    raw = folder(table)
    assert [row.text for row in raw.utterances] == ['She said "no", then left.', ""]
    assert raw.utterances[1].end_s == float("inf")


def test_further_columns_are_annotations_where_filled(folder):
    table = "utterance_id,dialogue_id,media,emotion,sentiment,split,session,region\n"
    raw = folder(table + "u1,d,a.mp4,joy,0.5,dev,day 1,left\nu2,d,sub/b.MOV,,-1,TEST,day 1,\n")
    found = {(one.utterance_id, one.name): one.value for one in raw.annotations}
    assert found == {
        ("u1", "emotion"): "joy",
        ("u1", "sentiment"): "0.5",
        ("u1", "split"): "validation",
        ("u2", "sentiment"): "-1",
        ("u2", "split"): "test",
    }
    assert [(row.session, row.region) for row in raw.utterances] == [
        ("day 1", "left"),
        ("day 1", "full"),
    ]
    assert raw.used["emotion", "validation", "joy"] == 1


def test_many_valued_numbers_are_counted_by_sign(folder):
    rows = [f"u{k},d,a.mp4,{k - 20},word{k}\n" for k in range(40)]
    raw = folder("utterance_id,dialogue_id,media,sentiment,note\n" + "".join(rows))
    assert raw.used["sentiment", "", "negative"] == 20
    assert raw.used["sentiment", "", "zero"] == 1
    assert not any(group == "note" for group, _, _ in raw.used)


def test_turn_orders_a_dialogue(folder):
    table = "utterance_id,dialogue_id,media,turn\n"
    rows = "late,d,a.mp4,10\nearly,d,a.mp4,9\nother,e,a.mp4,\nother2,e,a.mp4,1\n"
    raw = folder(table + rows)
    assert [(row.utterance_id, row.turn) for row in raw.utterances] == [
        ("early", 0), ("late", 1), ("other", 0), ("other2", 1),
    ]  # fmt: skip
    assert "dialogue e: some rows have no turn, so the order of the rows counts" in raw.notes


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("u1,d,a.mp4,0,1,again", "id stands twice: first at utterances.csv line 2"),
        ("../u,d,a.mp4,0,1,x", "id is not safe: utterance_id '../u' is not allowed"),
        ("u,../d,a.mp4,0,1,x", "id is not safe: dialogue_id '../d' is not allowed"),
        (",d,a.mp4,0,1,x", "id is not safe: utterance_id '' is not allowed"),
        (f"{'u' * 129},d,a.mp4,0,1,x", "id is not safe"),
        ("u,d,a.mp4,2,2,x", "span is empty or reversed: start_s=2.0, end_s=2.0"),
        ("u,d,a.mp4,3,2,x", "span is empty or reversed: start_s=3.0, end_s=2.0"),
        ("u,d,a.mp4,-1,2,x", "span begins before the file: start_s=-1.0, end_s=2.0"),
        ("u,d,a.mp4,nan,2,x", "start_s is not a number: 'nan'"),
        ("u,d,a.mp4,0,NaN,x", "end_s is not a number: 'NaN'"),
        ("u,d,a.mp4,inf,inf,x", "time is not a number: start_s=inf, end_s=inf"),
        ("u,d,a.mp4,0:01,2,x", "start_s is not a number: '0:01'"),
        ("u,d,,0,1,x", "media is not named"),
        ("u,d,../a.mp4,0,1,x", "media leaves the corpus folder: '../a.mp4'"),
        ("u,d,sub/../../a.mp4,0,1,x", "media leaves the corpus folder: 'sub/../../a.mp4'"),
        ("u,d,..\\a.mp4,0,1,x", "media leaves the corpus folder"),
        ("u,d,/etc/passwd,0,1,x", "media leaves the corpus folder: '/etc/passwd'"),
        ("u,d,list.m3u8,0,1,x", "media is of no known type: 'list.m3u8'"),
        ("u,d,a.mp4\x00.mp4,0,1,x", "media has characters that no table can hold"),
        ("u,d,a.mp4,0,1", "row does not fit the header: 5 cells, not 6"),
        ("u,d,a.mp4,0,1,x,y", "row does not fit the header: 7 cells, not 6"),
    ],
)
def test_one_bad_row_is_dropped_with_its_reason(folder, row, reason):
    raw = folder(HEADER + "u1,d,a.mp4,0,1,good\n" + row + "\nu2,d,sub/b.MOV,1,2,good\n")
    assert [one.text for one in raw.utterances] == ["good", "good"]
    ((item, found),) = [(one.item, one.reason) for one in raw.dropped]
    assert found.startswith(reason)
    assert "utterances.csv line 3" in item


@pytest.mark.parametrize("row", ["u,d,a.mp4,0,1,middle", "u,d,a.mp4,0,1,right"])
def test_unknown_region_is_dropped(folder, row):
    raw = folder(HEADER.replace("text", "region") + row + "\n")
    kinds = [one.reason for one in raw.dropped if "region" in one.reason]
    assert kinds == (
        ["region is unknown: 'middle' is none of full, left, right"] if "middle" in row else []
    )


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("utterance_id,dialogue_id\nu,d\n", "column media is missing"),
        ("utterance_id;dialogue_id;media\n", "cells must be separated by commas"),
        ("utterance_id,dialogue_id,media,media\n", "column 'media' stands twice"),
        ("utterance_id,dialogue_id,media,\n", "a column has no name"),
        ("", "column utterance_id, dialogue_id, media is missing; the header holds nothing"),
        (HEADER + 'u,d,a.mp4,0,1,"never closed\nu2,d,a.mp4,0,1,x\n', "line 2 is not CSV"),
        (HEADER + 'u,d,a.mp4,0,1,"odd" quote\n', "line 2 is not CSV"),
        ("\ufeffutterance_id,dialogue_id,media\n".encode("utf-16"), "not UTF-8"),
        (
            HEADER.encode() + b"u,d,a.mp4,0,1,caf\xe9\n",
            r"line 2: not UTF-8 \(byte 67 of the file is 0xe9\)",
        ),
    ],
)
def test_broken_structure_is_refused(folder, table, message):
    with pytest.raises(CorpusError, match=f"utterances.csv.*{message}"):
        folder(table)


def test_videos_that_no_row_names_are_told(folder, reasons):
    raw = folder("utterance_id,dialogue_id,media\nu,d,a.mp4\n")
    assert reasons(raw) == {"sub/b.MOV": "no row of utterances.csv names this file"}


def test_missing_media_stays_a_row(folder):
    raw = folder("utterance_id,dialogue_id,media\nu,d,gone.mp4\n")
    assert [row.media for row in raw.utterances] == ["gone.mp4"]


def test_overlap_of_one_speaker_is_noted_of_two_is_not(folder):
    table = "utterance_id,dialogue_id,media,speaker,start_s,end_s\n"
    rows = "u1,d,a.mp4,Ann,0,2\nu2,d,a.mp4,Bob,1,3\n"
    assert folder(table + rows).notes == ()
    raw = folder(table + rows + "u3,d,a.mp4,Ann,1.5,4\n")
    assert raw.notes == ("1 utterances overlap another of the same speaker, first: u1 and u3",)
    assert len(raw.utterances) == 3


def test_text_can_be_left_out(folder):
    assert folder(HEADER + "u1,d,a.mp4,0,1,secret\n", text=False).utterances[0].text == ""


def test_another_table_can_be_named(folder, tmp_path, settings):
    (tmp_path / "other.csv").write_text("utterance_id,dialogue_id,media\nu,d,a.mp4\n")
    assert len(read(tmp_path, settings("folder", utterances="other.csv")).utterances) == 1
    with pytest.raises(CorpusError, match=r"gone\.csv is not there.*`utterances`"):
        read(tmp_path, settings("folder", utterances="gone.csv"))
    (tmp_path / "sub").mkdir()
    with pytest.raises(CorpusError, match="outside the corpus folder"):
        read(tmp_path / "sub", settings("folder", utterances="../other.csv"))


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
        "no utterances.csv: each of 1 videos and 2 sound files is one utterance"
    )
    assert raw.notes[1] == "1 sound files lie beside a video of their name, which is used"


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
    assert all(one.startswith("media leaves the corpus folder: '") for one in found.values())
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
    assert all("characters that no table can hold" in one for one in reasons(raw).values())
    assert len(reasons(raw)) == 2


def test_transcript_of_a_million_characters_is_data(folder):
    text = "word\x00 " * 200_000
    raw = folder(HEADER + f"u1,d,a.mp4,0,1,{text}\n")
    assert raw.utterances[0].text == " ".join(["word"] * 200_000)
