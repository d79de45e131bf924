"""CMU-MOSEI: the published set (reading.md B.1) and the traps of its transcripts (reading.md
D.3).
"""

import csv
import os
from collections import Counter
from pathlib import Path

import pytest
import yaml

from pipeline.config.configuration import parse_config
from pipeline.corpora.folds import mosei_published_ids, mosei_roles
from pipeline.corpora.mosei import read
from pipeline.protocol.labels import labels_of_task
from pipeline.protocol.splits import assign_splits

PRESET = Path(__file__).parents[3] / "configs/mosei.yaml"

# reading.md B.1: utterances of each role: zero, positive, negative.
PUBLISHED = {"train": (3540, 8048, 4738), "validation": (433, 932, 506), "test": (1025, 2284, 1350)}


def published_shape():
    """{utterance id: sentiment} over the published ids, with the published counts by sign."""
    labels = {}
    roles = mosei_roles()
    for role, (n_zero, n_positive, n_negative) in PUBLISHED.items():
        ids = sorted(
            utterance_id
            for utterance_id in mosei_published_ids()
            if roles[utterance_id.rpartition("_")[0]] == role
        )
        signs = ["0.0"] * n_zero + ["0.333333"] * n_positive + ["-2.0"] * n_negative
        labels |= dict(zip(ids, signs, strict=True))
    return labels


def test_published_shape_gives_the_published_counts(tmp_path, write_mosei, settings, values):
    raw = read(write_mosei(tmp_path, published_shape(), videos=False), settings("mosei"))
    assert len(raw.utterances) == 22_856

    roles = values(raw, "split")
    assert Counter(roles.values()) == {"train": 16_326, "validation": 1871, "test": 4659}
    videos = Counter(
        {utterance_id.rpartition("_")[0]: role for utterance_id, role in roles.items()}.values()
    )
    assert videos == {"train": 2249, "validation": 300, "test": 676}

    signs = Counter(
        (roles[utterance_id], float(x))
        for utterance_id, x in values(raw, "sentiment_gcnet").items()
    )
    assert {
        role: tuple(signs[role, x] for x in (0.0, 0.333333, -2.0)) for role in PUBLISHED
    } == PUBLISHED

    assert all(row.expected in (None, row.used) for row in raw.counts)
    assert raw.dropped == ()


def test_segments_outside_the_published_set_have_a_sentiment_but_no_published_one(
    tmp_path, write_mosei, settings, values
):
    assert "-3g5yACwYnA_2" in mosei_published_ids()
    assert "-3g5yACwYnA_5" not in mosei_published_ids()
    labels = {"-3g5yACwYnA_2": "1", "-3g5yACwYnA_5": "-1", "notInAnyFold_0": "2"}
    raw = read(write_mosei(tmp_path, labels), settings("mosei"))
    assert values(raw, "sentiment") == labels
    assert values(raw, "sentiment_gcnet") == {"-3g5yACwYnA_2": "1"}
    assert values(raw, "split") == {"-3g5yACwYnA_2": "train", "-3g5yACwYnA_5": "train"}
    assert "1 video is in no official fold, first: notInAnyFold" in raw.notes


def test_the_preset_trains_and_tests_on_the_published_set(tmp_path, write_mosei, settings):
    labels = {**published_shape(), "-3g5yACwYnA_5": "-1", "notInAnyFold_0": "2"}
    raw = read(write_mosei(tmp_path, labels, videos=False), settings("mosei"))
    task = parse_config(yaml.safe_load(PRESET.read_text())).tasks["mosei"]
    targets, _ = labels_of_task(task, raw.utterances, raw.annotations)
    rows = assign_splits(raw.utterances, targets, raw.annotations, task.folds, "strict")
    roles = {row.dialogue_id: row.role for row in rows}
    counts = Counter(roles[target.utterance_id.rpartition("_")[0]] for target in targets)
    assert counts == {"train": 16_326, "validation": 1871, "test": 4659}


def test_times_and_texts_come_from_the_transcript(tmp_path, write_mosei, settings):
    raw = read(
        write_mosei(tmp_path, {"-3g5yACwYnA_10": "1", "-3g5yACwYnA_9": "0"}), settings("mosei")
    )
    assert [(row.utterance_id, row.turn, row.start_s, row.end_s) for row in raw.utterances] == [
        ("-3g5yACwYnA_9", 0, 90.0, 98.0),
        ("-3g5yACwYnA_10", 1, 100.0, 108.0),
    ]
    assert raw.utterances[0].media == "Raw/Videos/Full/Combined/-3g5yACwYnA.mp4"
    assert raw.utterances[0].text == "Said in -3g5yACwYnA_9."


def test_segmented_clips_are_whole_utterances(tmp_path, write_mosei, settings):
    root = write_mosei(tmp_path, {"-3g5yACwYnA_2": "1"})
    (row,) = read(root, settings("mosei", videos="segmented")).utterances
    assert row.media == "Raw/Videos/Segmented/Combined/-3g5yACwYnA_2.mp4"
    assert (row.start_s, row.end_s) == (0.0, float("inf"))


@pytest.mark.parametrize("video", ["-3g5yACwYnA", "_8pvMpMdGM4", "a_b__c_", "__x", "208416"])
def test_ids_may_begin_with_dash_or_hold_underscores(tmp_path, write, write_sheet, settings, video):
    sentence = "So _____ I mean ___ this___5"
    line = f"{video}___3___1.5___2.25___{sentence}\r\n"
    write(tmp_path / f"Raw/Transcript/Segmented/Combined/{video}.txt", line)
    write_sheet(tmp_path / "labels.csv", [{"utterance_id": f"{video}_3", "sentiment": "0.5"}])
    raw = read(tmp_path, settings("mosei"))
    (row,) = raw.utterances
    assert (row.utterance_id, row.dialogue_id, row.text) == (f"{video}_3", video, sentence)
    assert (row.start_s, row.end_s) == (1.5, 2.25)
    assert raw.dropped == ()


def test_known_bad_transcripts_are_one_item_each(tmp_path, write_mosei, write, settings, reasons):
    write_mosei(tmp_path, {"-3g5yACwYnA_2": "1"})
    folder = tmp_path / "Raw/Transcript/Segmented/Combined"
    write(folder / "_aJghSQmxD8.txt", bytes(range(256)) * 20)  # byte garbage
    write(folder / "_7HVhnSYX1Y.txt", "0.1 0.2\n0.3 0.4\n")  # numbers
    raw = read(tmp_path, settings("mosei"))
    assert len(raw.utterances) == 1
    found = reasons(raw)
    assert set(found) == {
        "Raw/Transcript/Segmented/Combined/_aJghSQmxD8.txt",
        "Raw/Transcript/Segmented/Combined/_7HVhnSYX1Y.txt",
    }
    assert all(reason.startswith("transcript has no segment: ") for reason in found.values())


def test_bad_lines_and_unlabelled_segments_are_told(tmp_path, write_mosei, settings, kinds):
    write_mosei(tmp_path, {"-3g5yACwYnA_2": "1"})
    transcript = tmp_path / "Raw/Transcript/Segmented/Combined/-3g5yACwYnA.txt"
    with transcript.open("a") as stream:
        stream.write(
            "-3g5yACwYnA___0___0___9.5___Never labelled\n"
            "-3g5yACwYnA___1___zero___9.5___x\n"
            "other___1___0___9.5___x\n"
            "-3g5yACwYnA___2___0___9.5___twice\n"
        )
    with (tmp_path / "labels.csv").open("a") as stream:
        stream.write("-3g5yACwYnA_77,1\n")
    raw = read(tmp_path, settings("mosei"))
    not_a_line = "transcript line is not <video>___<segment>___<start>___<end>___<text>"

    assert kinds(raw) == {
        "-3g5yACwYnA_0": "segment has no label",
        "-3g5yACwYnA.txt line 3": not_a_line,
        "-3g5yACwYnA.txt line 4": not_a_line,
        "-3g5yACwYnA_2": "id stands twice in transcript",
        "-3g5yACwYnA_77 (labels.csv line 3)": "label has no transcript line",
    }


def test_csd_labels_are_matched_by_time_not_by_place(
    tmp_path, write_mosei, write_csd, settings, reasons, values
):
    write_mosei(tmp_path, {f"-3g5yACwYnA_{k}": "9" for k in (2, 3, 4)})
    features = [[-1.0, 0, 1, 0, 0, 0, 2], [1 / 3, 0, 0, 0, 0, 0, 0], [3.0, 0, 0, 0, 0, 0, 0]]
    intervals = [[40.0, 48.01], [20.0, 28.0], [30.0, 37.0]]  # the last fits no segment
    write_csd(
        tmp_path / "CMU_MOSEI_Labels.csd", "All Labels", {"-3g5yACwYnA": (features, intervals)}
    )
    raw = read(tmp_path, settings("mosei"))

    assert values(raw, "sentiment") == {"-3g5yACwYnA_2": "0.333333", "-3g5yACwYnA_4": "-1"}
    assert values(raw, "sad")["-3g5yACwYnA_4"] == "1"
    assert values(raw, "fear")["-3g5yACwYnA_4"] == "2"
    assert reasons(raw) == {
        "-3g5yACwYnA 30.000-37.000 (CMU_MOSEI_Labels.csd row 2)": "label fits no transcript line",
        "-3g5yACwYnA_3": "segment has no label",
    }


def test_segments_that_begin_before_the_video_are_read_from_its_start(
    tmp_path, write, write_mosei, write_csd, settings
):
    """As the release has them: the label's interval is negative too, and the label must find it."""
    root = write_mosei(tmp_path, {"-NFrJFQijFE_0": "1"})
    (root / "labels.csv").unlink()
    spans = [(-0.4775, 4.1), (3.4, 9.0), (1e-05, 9.7)]
    lines = [f"-NFrJFQijFE___{k}___{a}___{b}___Line {k}." for k, (a, b) in enumerate(spans)]
    lines[1] = lines[1].replace("3.4", "+3.4")
    write(root / "Raw/Transcript/Segmented/Combined/-NFrJFQijFE.txt", "\n".join(lines))
    rows = [[1.0, 0, 0, 0, 0, 0, 0]] * 3
    write_csd(root / "CMU_MOSEI_Labels.csd", "All Labels", {"-NFrJFQijFE": (rows, spans)})
    raw = read(root, settings("mosei"))

    assert raw.dropped == ()
    assert [(utterance.start_s, utterance.end_s) for utterance in raw.utterances] == [
        (0.0, 4.1), (3.4, 9.0), (1e-05, 9.7),
    ]  # fmt: skip
    early = [note for note in raw.notes if "before 0" in note]
    assert early == [
        "1 span begins before 0 and is read from 0, the earliest: -NFrJFQijFE_0 at -0.4775 s"
    ]


@pytest.mark.skipif(
    "ITEACNET_LABELS" not in os.environ,
    reason="ITEACNET_LABELS names no folder with the published label files",
)
def test_tree_rebuilt_from_the_published_labels_gives_them_back(
    tmp_path, write_mosei, settings, values
):
    with Path(os.environ["ITEACNET_LABELS"], "mosei.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    labels = {row["utterance_id"]: row["sentiment"] for row in rows}
    raw = read(write_mosei(tmp_path, labels, videos=False), settings("mosei"))
    assert values(raw, "sentiment") == values(raw, "sentiment_gcnet") == labels
    assert values(raw, "split") == {row["utterance_id"]: row["split"] for row in rows}
    assert all(row.expected in (None, row.used) for row in raw.counts)
