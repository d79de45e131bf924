"""The layout of MMSA-FET: columns by name, ids as text (reading.md D.4)."""

import pytest

from pipeline.corpora.mmsa import read
from pipeline.corpora.raw import CorpusError


def row(video, clip, **values):
    return {
        "annotation": "Positive",
        "mode": "valid",
        "text": "Fine.",
        "video_id": video,
        "label": "0.8",
        "clip_id": clip,
        **values,
    }


@pytest.fixture
def write_mmsa(write_sheet, write):
    def do(root, rows):
        write_sheet(root / "label.csv", rows)
        for given in rows:
            write(root / "Raw" / given["video_id"] / f"{given['clip_id']}.mp4")
        return root

    return do


def annotations(raw, utterance_id):
    return {
        annotation.name: annotation.value
        for annotation in raw.annotations
        if annotation.utterance_id == utterance_id
    }


def test_ids_keep_their_zeros_and_clips_are_ordered_by_number(tmp_path, write_mmsa, settings):
    rows = [row("video_0001", clip) for clip in ("0010", "0002", "0009")]
    raw = read(write_mmsa(tmp_path, rows), settings("mmsa"))
    assert [(utterance.utterance_id, utterance.media) for utterance in raw.utterances] == [
        ("video_0001_0002", "Raw/video_0001/0002.mp4"),
        ("video_0001_0009", "Raw/video_0001/0009.mp4"),
        ("video_0001_0010", "Raw/video_0001/0010.mp4"),
    ]
    assert {utterance.dialogue_id for utterance in raw.utterances} == {"video_0001"}


def test_columns_become_annotations(tmp_path, write_mmsa, settings):
    line = row("-a", "1", label_T="-0.2", label_A="", label_V="1.0")
    raw = read(write_mmsa(tmp_path, [line]), settings("mmsa"))
    assert annotations(raw, "-a_1") == {
        "sentiment": "0.8",
        "sentiment_text": "-0.2",
        "sentiment_visual": "1.0",
        "sentiment_class": "Positive",
        "split": "validation",
    }
    assert raw.used["sentiment", "validation", "positive"] == 1


def test_bad_rows_and_spare_clips_are_told(tmp_path, write_mmsa, write, settings, reasons):
    rows = [row("v", "1"), row("v", "two"), row("v", "3", label="inf"), row("v", "4", mode="eval")]
    write_mmsa(tmp_path, rows)
    write(tmp_path / "Raw/v/9.mp4")
    raw = read(tmp_path, settings("mmsa"))

    assert [utterance.utterance_id for utterance in raw.utterances] == ["v_1"]
    assert reasons(raw) == {
        "v/two (label.csv line 3)": "clip_id is not a number: 'two'",
        "v/3 (label.csv line 4)": "label is not a number: label='inf'",
        "v_4 (label.csv line 5)": (
            "split is not a role: 'eval' is not one of train, validation, test"
        ),
        "Raw/v/two.mp4": "no row of label.csv names this clip",
        "Raw/v/3.mp4": "no row of label.csv names this clip",
        "Raw/v/9.mp4": "no row of label.csv names this clip",
    }


def test_table_that_is_not_there_is_refused(tmp_path, settings):
    with pytest.raises(CorpusError, match=r"label\.csv is not there"):
        read(tmp_path, settings("mmsa"))


def test_video_id_cannot_climb_out(tmp_path, write_sheet, settings, reasons):
    write_sheet(tmp_path / "label.csv", [row("../../etc", "1")])
    raw = read(tmp_path, settings("mmsa"))
    assert raw.utterances == ()
    assert "id is not safe" in reasons(raw)["../../etc_1 (label.csv line 2)"]
