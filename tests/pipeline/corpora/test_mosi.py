"""CMU-MOSI: the official folds and their counts (reading.md B.1); three sources of labels (D.2)."""

import csv
import os
from collections import Counter
from pathlib import Path

import pytest

from pipeline.corpora.folds import mosi_roles
from pipeline.corpora.mosi import read
from pipeline.corpora.raw import CorpusError

# reading.md B.1: utterances of each role: zero, positive, negative.
PUBLISHED = {"train": (53, 679, 552), "validation": (13, 124, 92), "test": (30, 277, 379)}


def roles_of(raw):
    return {
        annotation.utterance_id: annotation.value
        for annotation in raw.annotations
        if annotation.name == "split"
    }


def sentiments_of(raw):
    return {
        annotation.utterance_id: annotation.value
        for annotation in raw.annotations
        if annotation.name == "sentiment"
    }


def published_shape():
    """{utterance id: sentiment} over the 93 real videos, with the published counts."""
    labels = {}
    for role, (n_zero, n_positive, n_negative) in PUBLISHED.items():
        videos = sorted(video for video, its in mosi_roles().items() if its == role)
        values = ["0.0"] * n_zero + ["1.8"] * n_positive + ["-2.75"] * n_negative
        for place, value in enumerate(values):
            labels[f"{videos[place % len(videos)]}_{1 + place // len(videos)}"] = value
    return labels


def test_published_shape_gives_the_published_counts(tmp_path, write_mosi, settings):
    raw = read(write_mosi(tmp_path, published_shape(), videos=False), settings("mosi"))
    assert Counter(roles_of(raw).values()) == {"train": 1284, "validation": 229, "test": 686}
    roles, sentiments = roles_of(raw), sentiments_of(raw)
    signs = Counter(
        (roles[utterance_id], float(value)) for utterance_id, value in sentiments.items()
    )
    assert {
        role: tuple(signs[role, x] for x in (0.0, 1.8, -2.75)) for role in PUBLISHED
    } == PUBLISHED
    assert all(row.expected in (None, row.used) for row in raw.counts)
    expected = {(row.group, row.split, row.value): row.expected for row in raw.counts}
    assert expected["sentiment", "test", "negative"] == 379
    assert raw.missing_share == 0


def test_utterances_of_a_video_follow_their_number(tmp_path, write_mosi, settings):
    labels = {f"03bSnISJMiM_{k}": "1.0" for k in (10, 2, 1)}
    raw = read(write_mosi(tmp_path, labels), settings("mosi"))
    assert [(row.utterance_id, row.turn, row.text) for row in raw.utterances] == [
        ("03bSnISJMiM_1", 0, "LINE 1 OF 03bSnISJMiM"),
        ("03bSnISJMiM_2", 1, "LINE 2 OF 03bSnISJMiM"),
        ("03bSnISJMiM_10", 2, "LINE 10 OF 03bSnISJMiM"),
    ]
    assert raw.utterances[0].media == "Raw/Video/Segmented/03bSnISJMiM_1.mp4"
    assert raw.utterances[0].end_s == float("inf")
    assert set(roles_of(raw).values()) == {"train"}  # alone, ASCII order of what is there would lie


def test_csd_row_i_labels_utterance_i_plus_one(tmp_path, write_mosi, write_csd, settings):
    write_mosi(tmp_path, {"03bSnISJMiM_1": "9.0", "03bSnISJMiM_2": "9.0"})
    videos = {"03bSnISJMiM": ([[2.4], [-0.8]], [[0.5, 2.0], [2.5, 4.25]])}
    write_csd(tmp_path / "CMU_MOSI_Opinion_Labels.csd", "Opinion Segment Labels", videos)
    raw = read(tmp_path, settings("mosi", videos="full"))
    assert sentiments_of(raw) == {"03bSnISJMiM_1": "2.4", "03bSnISJMiM_2": "-0.8"}
    assert [(row.media, row.start_s, row.end_s) for row in raw.utterances] == [
        ("Raw/Video/Full/03bSnISJMiM.mp4", 0.5, 2.0),
        ("Raw/Video/Full/03bSnISJMiM.mp4", 2.5, 4.25),
    ]
    assert "labels from CMU_MOSI_Opinion_Labels.csd" in raw.notes


def test_label_file_of_mmsa_is_read_by_column_name(tmp_path, write_mosi, write_sheet, settings):
    write_mosi(tmp_path, {"03bSnISJMiM_1": "9.0"})
    row = {"annotation": "Positive", "mode": "test", "label": "2.4", "clip_id": "1"}
    write_sheet(tmp_path / "label.csv", [{**row, "text": "X", "video_id": "03bSnISJMiM"}])
    raw = read(tmp_path, settings("mosi"))
    assert sentiments_of(raw) == {"03bSnISJMiM_1": "2.4"}
    assert roles_of(raw) == {"03bSnISJMiM_1": "train"}
    assert "1 label names another split than the official folds, which count" in raw.notes


def test_labels_may_lie_elsewhere(tmp_path, write_mosi, write_sheet, settings):
    write_mosi(tmp_path / "corpus", {"03bSnISJMiM_1": "9.0"})
    rows = [{"utterance_id": "03bSnISJMiM_1", "sentiment": "-1"}]
    path = write_sheet(tmp_path / "elsewhere.csv", rows)
    raw = read(tmp_path / "corpus", settings("mosi", labels=str(path)))
    assert sentiments_of(raw) == {"03bSnISJMiM_1": "-1"}
    with pytest.raises(CorpusError, match=r"gone\.csv is not there \(set by the key `labels`\)"):
        read(tmp_path / "corpus", settings("mosi", labels="gone.csv"))


def test_full_videos_without_times_are_refused_utterance_by_utterance(
    tmp_path, write_mosi, settings, reasons
):
    raw = read(write_mosi(tmp_path, {"03bSnISJMiM_1": "1.0"}), settings("mosi", videos="full"))
    assert raw.utterances == ()
    ((item, reason),) = reasons(raw).items()
    assert item == "03bSnISJMiM_1 (labels.csv line 2)"
    assert reason.startswith("no times: videos: full needs")


def test_what_labels_and_transcripts_lack_is_told(tmp_path, write_mosi, write, settings, reasons):
    write_mosi(tmp_path, {"03bSnISJMiM_1": "1.0", "03bSnISJMiM_2": "nan", "unheard_1": "3"})
    transcripts = tmp_path / "Raw/Transcript/Segmented"
    (transcripts / "unheard.annotprocessed").unlink()
    with (transcripts / "03bSnISJMiM.annotprocessed").open("a") as stream:
        stream.write("3_DELIM_NOT LABELLED\nno number here\n1_DELIM_AGAIN\n\n")
    raw = read(tmp_path, settings("mosi"))

    assert [row.utterance_id for row in raw.utterances] == ["03bSnISJMiM_1", "unheard_1"]
    assert reasons(raw) == {
        "03bSnISJMiM_2 (labels.csv line 3)": "label is not a number: 'nan'",
        "03bSnISJMiM_2": "transcript line has no label",
        "03bSnISJMiM_3": "transcript line has no label",
        "Raw/Transcript/Segmented/03bSnISJMiM.annotprocessed line 4": (
            "transcript line is not <number>_DELIM_<text>: no number here"
        ),
        "03bSnISJMiM_1": "id stands twice in transcript",
    }
    assert "1 video is in no official fold, first: unheard" in raw.notes
    assert "1 utterance stands in no transcript: no text" in raw.notes


def test_missing_labels_name_all_places_and_the_key(tmp_path, write_mosi, settings):
    write_mosi(tmp_path, {"03bSnISJMiM_1": "1.0"})
    (tmp_path / "labels.csv").unlink()
    with pytest.raises(CorpusError, match=r"CMU_MOSI_Opinion_Labels\.csd.*label\.csv.*`labels`"):
        read(tmp_path, settings("mosi"))


@pytest.mark.skipif(
    "ITEACNET_LABELS" not in os.environ,
    reason="ITEACNET_LABELS names no folder with the published label files",
)
def test_tree_rebuilt_from_the_published_labels_gives_them_back(tmp_path, write_mosi, settings):
    with Path(os.environ["ITEACNET_LABELS"], "mosi.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    labels = {row["utterance_id"]: row["sentiment"] for row in rows}
    raw = read(write_mosi(tmp_path, labels, videos=False), settings("mosi"))
    assert sentiments_of(raw) == labels
    assert roles_of(raw) == {row["utterance_id"]: row["split"] for row in rows}
    assert all(row.expected in (None, row.used) for row in raw.counts)
