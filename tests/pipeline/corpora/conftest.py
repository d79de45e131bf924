"""Writers of miniature trees in every raw layout, and settings to read them."""

import csv
from collections import defaultdict
from pathlib import Path

import h5py
import numpy as np
import pytest

from pipeline.config.corpora import CorpusSettings

EMPTY_VIDEO = b""


@pytest.fixture(scope="session")
def settings():
    """Settings of a reader; the root is given to `read` separately."""

    def make(reader, **values):
        return CorpusSettings.model_validate({"reader": reader, "root": "unused", **values})

    return make


@pytest.fixture(scope="session")
def write():
    """Write a text or bytes file with its folders."""

    def do(path, content=""):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return do


@pytest.fixture(scope="session")
def write_sheet(write):
    """Write a CSV of dicts."""

    def do(path, rows):
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, fieldnames=list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        return path

    return do


@pytest.fixture(scope="session")
def write_iemocap(write):
    """Write dialogues given as {dialogue: [(utterance id, code, text)]}, one turn in 2 seconds."""

    def do(root, dialogues):
        for dialogue, turns in dialogues.items():
            folder = root / f"Session{dialogue[4]}" / "dialog"
            spans = [(2.0 * k, 2.0 * k + 1.5) for k in range(len(turns))]
            transcript = [
                f"{utterance_id} [{start:08.4f}-{end:08.4f}]: {text}\n"
                for (utterance_id, _, text), (start, end) in zip(turns, spans, strict=True)
            ]
            evaluation = ["% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]\n\n"]
            evaluation += [
                f"[{start:.4f} - {end:.4f}]\t{utterance_id}\t{code}\t[2.5000, 3.0000, 3.5000]\n"
                "C-E1:\tAnger;\t()\nA-E3:\tval 2; act 4; dom  4;\t()\n\n"
                for (utterance_id, code, _), (start, end) in zip(turns, spans, strict=True)
            ]
            write(folder / "transcriptions" / f"{dialogue}.txt", "".join(transcript))
            write(folder / "EmoEvaluation" / f"{dialogue}.txt", "".join(evaluation))
            write(folder / "avi" / "DivX" / f"{dialogue}.avi", EMPTY_VIDEO)

        return root

    return do


@pytest.fixture(scope="session")
def write_labels(write_sheet):
    """Write {utterance id: sentiment} as labels.csv."""

    def do(root, labels):
        rows = [{"utterance_id": name, "sentiment": value} for name, value in labels.items()]
        write_sheet(root / "labels.csv", rows)

    return do


@pytest.fixture(scope="session")
def write_mosi(write, write_labels):
    """Write {utterance id: sentiment} as transcripts, segmented clips and labels.csv."""

    def do(root, labels, videos=True):
        lines = defaultdict(list)
        for utterance_id in labels:
            video, _, clip = utterance_id.rpartition("_")
            lines[video].append(f"{clip}_DELIM_LINE {clip} OF {video}\n")
            if videos:
                write(root / f"Raw/Video/Segmented/{utterance_id}.mp4", EMPTY_VIDEO)
        for video, text in lines.items():
            write(root / f"Raw/Transcript/Segmented/{video}.annotprocessed", "".join(text))
        write_labels(root, labels)
        return root

    return do


@pytest.fixture(scope="session")
def write_mosei(write, write_labels):
    """Write {utterance id: sentiment} as transcripts, full videos and labels.csv.

    Segment k of a video lasts from 10 k to 10 k + 8 seconds.
    """

    def do(root, labels, videos=True):
        lines = defaultdict(list)
        for utterance_id in labels:
            video, _, segment = utterance_id.rpartition("_")
            start = 10.0 * int(segment)
            lines[video].append(
                f"{video}___{segment}___{start}___{start + 8}___Said in {utterance_id}.\n"
            )

        for video, text in lines.items():
            write(root / f"Raw/Transcript/Segmented/Combined/{video}.txt", "".join(text))
            if videos:
                write(root / f"Raw/Videos/Full/Combined/{video}.mp4", EMPTY_VIDEO)

        write_labels(root, labels)
        return root

    return do


@pytest.fixture(scope="session")
def write_csd():
    """Write {video: (features, intervals)} in the layout of the CMU Multimodal SDK."""

    def do(path: Path, name, videos):
        path.parent.mkdir(parents=True, exist_ok=True)
        with h5py.File(path, "w") as file:
            for video, (features, intervals) in videos.items():
                group = file.create_group(f"{name}/data/{video}")
                group["features"] = np.asarray(features, dtype=np.float32)
                group["intervals"] = np.asarray(intervals, dtype=np.float64)
            file[name].create_group("metadata")
        return path

    return do


@pytest.fixture(scope="session")
def kinds():
    """{last part of the item: kind of reason} of what was dropped."""

    def of(raw):
        return {drop.item.split("/")[-1]: drop.reason.partition(": ")[0] for drop in raw.dropped}

    return of


@pytest.fixture(scope="session")
def reasons():
    """{item: reason} of what was dropped."""

    def of(raw):
        return {drop.item: drop.reason for drop in raw.dropped}

    return of


@pytest.fixture(scope="session")
def values():
    """{utterance id: value} of one kind of annotation."""

    def of(raw, name):
        return {
            annotation.utterance_id: annotation.value
            for annotation in raw.annotations
            if annotation.name == name
        }

    return of
