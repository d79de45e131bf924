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
    found = {
        (annotation.utterance_id, annotation.name): annotation.value
        for annotation in raw.annotations
    }

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
    assert "dialogue e: some rows have no turn; the order of the rows counts" in raw.notes


def test_rows_that_are_not_in_order_of_time_are_told_once(folder):
    table = "utterance_id,dialogue_id,media,start_s,end_s\n"
    first = "d2,d,a.mp4,5,6\nd1,d,a.mp4,0,5\ne2,e,a.mp4,7,8\ne1,e,a.mp4,2,3\n"
    raw = folder(table + first + "f1,f,a.mp4,9,10\nf2,f,b.mp4,0,1\n")
    assert [row.utterance_id for row in raw.utterances][:2] == ["d2", "d1"]
    assert [note for note in raw.notes if "turn" in note] == [
        "dialogue d and 1 more: there is no turn, and a row begins before the one above it; "
        "the order of the rows counts"
    ]


@pytest.mark.parametrize("media", ["A.MP4", "sub\\B.mp4", "e\u0301.mp4"])
def test_a_file_whose_name_differs_in_what_some_systems_do_not_tell_is_near(
    tmp_path, write, settings, reasons, media
):
    for name in ("a.mp4", "sub/b.mp4", "\u00e9.mp4"):
        write(tmp_path / name)
    write(tmp_path / "utterances.csv", f"utterance_id,dialogue_id,media\nu,d,{media}\n")
    near = [
        reason for reason in reasons(read(tmp_path, settings("folder"))).values() if ";" in reason
    ]
    assert len(near) == 1
    assert "which differs in capitals, accents or slashes" in near[0]


@pytest.mark.parametrize("media", ["/data/a.mp4", "C:\\data\\a.mp4", "C:/data/a.mp4"])
def test_a_whole_path_is_not_called_a_link(folder, reasons, media):
    raw = folder(f"utterance_id,dialogue_id,media\nu,d,{media}\n")
    found = next(reason for item, reason in reasons(raw).items() if item.startswith("u "))
    assert found.endswith("is not written from there on")


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
    assert [utterance.text for utterance in raw.utterances] == ["good", "good"]
    ((item, found),) = [(drop.item, drop.reason) for drop in raw.dropped]
    assert found.startswith(reason)
    assert "utterances.csv line 3" in item


@pytest.mark.parametrize("row", ["u,d,a.mp4,0,1,middle", "u,d,a.mp4,0,1,right"])
def test_unknown_region_is_dropped(folder, row):
    raw = folder(HEADER.replace("text", "region") + row + "\n")
    kinds = [drop.reason for drop in raw.dropped if "region" in drop.reason]
    assert kinds == (
        ["region is unknown: 'middle' is not one of full, left, right"] if "middle" in row else []
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
    assert raw.notes == ("1 utterance overlaps another of the same speaker, first: u1 and u3",)
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


def test_transcript_of_a_million_characters_is_data(folder):
    text = "word\x00 " * 200_000
    raw = folder(HEADER + f"u1,d,a.mp4,0,1,{text}\n")
    assert raw.utterances[0].text == " ".join(["word"] * 200_000)


def test_one_name_typed_in_two_ways_is_one_speaker_and_one_label(folder):
    header = "utterance_id,dialogue_id,media,speaker,Gefu\u0308hl\n"
    raw = folder(header + "u,d,a.mp4,Zoe\u0308,fro\u0308hlich\nv,d,a.mp4,Zo\u00eb,fr\u00f6hlich\n")
    assert {row.speaker for row in raw.utterances} == {"Zo\u00eb"}
    assert {(a.name, a.value) for a in raw.annotations} == {("Gef\u00fchl", "fr\u00f6hlich")}
