"""Odd media and odd rows through the stages: each ends in a row with a reason, none is silent.

The files are made here, and read by the same stages as in the workflow: build_manifest, crop_faces,
extract_features. Where ITEACNET_ODD_VIDEOS names a folder of found ones, its files go the same way.
"""

import csv
import json
import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.base.records import FaceRow, Utterance
from pipeline.base.tables import read_rows
from pipeline.features.cache.extractor import STATUSES
from pipeline.features.store import read_store
from pipeline.stages import build_manifest, crop_faces, extract_features
from tests.pipeline import clips

RATE_HZ, FPS = 16_000, 5
FACES = {"which_face": "track", "fps": 2.0, "detect_width_px": 160}
HEADER = ("utterance_id", "dialogue_id", "media", "start_s", "end_s", "text")
OUTPUTS = {
    "utterances": "utterances.csv",
    "annotations": "annotations.csv",
    "corpus": "corpus.json",
    "shards": "0.csv",
    "media": "0.json",
}
ROWS = {  # utterance: media, span, status of the audio, status of the faces
    "talk": ("talk.mov", 0, 2, "ok", "ok"),
    "to_the_end": ("talk.mov", 1, "", "ok", "ok"),
    "over_the_end": ("talk.mov", 1, 99, "ok", "ok"),
    "beyond_the_end": ("talk.mov", 7, 8, "empty_span", "empty_span"),
    "more_sound": ("more_sound.mov", 0, 3, "ok", "ok"),
    "only_sound": ("more_sound.mov", 2, 3, "ok", "empty_span"),
    "more_picture": ("more_picture.mov", 0, 3, "ok", "ok"),
    "only_picture": ("more_picture.mov", 2, 3, "empty_span", "ok"),
    "eight_channels": ("eight_channels.wav", 0, 1, "ok", "no_stream"),
    "nan_samples": ("nan_samples.wav", 0, 1, "silent", "no_stream"),
    "nan_rate": ("nan_rate.aif", 0, 1, "unreadable", "unreadable"),
    "no_rate": ("no_rate.wav", 0, 1, "unreadable", "unreadable"),
    "huge_rate": ("huge_rate.wav", 0, 1, "unreadable", "no_stream"),
    "empty": ("empty.mp4", 0, 1, "unreadable", "unreadable"),
    "text": ("text.mp4", 0, 1, "unreadable", "unreadable"),
    "cut": ("cut.mov", 0, 1, "unreadable", "unreadable"),
    "gone": ("gone.mp4", 0, 1, "no_media", "no_media"),
}
BAD_ROWS = {  # what is in the row: the reason
    ("zero_length", "d", "talk.mov", 1, 1, "x"): "span is empty or reversed",
    ("reversed", "d", "talk.mov", 2, 1, "x"): "span is empty or reversed",
    ("../climber", "d", "talk.mov", 0, 1, "x"): "id is not safe",
    ("climber", "d", "../talk.mov", 0, 1, "x"): "media leaves the corpus folder",
    ("talk", "d", "talk.mov", 0, 1, "again"): "id stands twice",
}
TEXT = 'She said: "No,\nnever", twice'  # quotes, a comma and a line break in one cell


def noise(seconds):
    samples = np.random.default_rng(0).standard_normal(int(seconds * RATE_HZ))
    return (samples * 3000).astype(np.int16)


def write_talk(path, seconds, sound_s):
    portrait = cv2.resize(clips.portraits()[1], (240, 240))
    n_pictures = seconds * FPS
    times_s = [k / FPS for k in range(n_pictures)]
    clips.write_video(path, [portrait] * n_pictures, times_s, rate=FPS, sound=noise(sound_s))


def write_media(folder):
    write_talk(folder / "talk.mov", 2, 2)
    write_talk(folder / "more_sound.mov", 1, 3)
    write_talk(folder / "more_picture.mov", 3, 1)
    clips.write_sound(folder / "eight_channels.wav", np.tile(noise(1), (8, 1)), layout="7.1")
    nothing = np.full(RATE_HZ, np.nan, np.float32)
    clips.write_sound(folder / "nan_samples.wav", nothing, codec="pcm_f32le", sample_format="flt")
    good = clips.write_sound(folder / "good.wav", noise(1)).read_bytes()
    for name, rate_hz in (("no_rate", 0), ("huge_rate", 2**31 - 1)):
        header = good[:24] + rate_hz.to_bytes(4, "little")  # the rate stands at byte 24
        (folder / f"{name}.wav").write_bytes(header + good[28:])

    (folder / "good.wav").unlink()
    write_aiff_of_no_rate(folder / "nan_rate.aif")
    (folder / "empty.mp4").touch()
    (folder / "text.mp4").write_text("no media\n" * 500)
    (folder / "cut.mov").write_bytes((folder / "talk.mov").read_bytes()[:2000])


def write_aiff_of_no_rate(path):
    """AIFF states its rate as an 80-bit float; this one is not a number."""
    content = bytearray(clips.write_sound(path, noise(1), codec="pcm_s16be").read_bytes())
    at = content.index(b"COMM") + 16  # after name, size, channels, frames and bits
    content[at : at + 10] = b"\x7f\xff" + b"\xc0" + bytes(7)
    path.write_bytes(content)


class Stages:
    """The stages up to features, on a folder with a table."""

    def __init__(self, folder):
        self.folder, self.root = folder, folder / "raw"
        self.root.mkdir()
        self.common = ["--cache", f"{folder}/cache"]
        shard = ["--utterances", f"{folder}/0.csv", "--media", f"{folder}/0.json"]
        self.shard = [*shard, "--root", str(self.root), *self.common]

    def write_table(self, rows):
        with (self.root / "utterances.csv").open("w", newline="", encoding="utf-8-sig") as stream:
            csv.writer(stream, lineterminator="\r\n").writerows([HEADER, *rows])

    def read_corpus(self):
        """Utterances, and the reasons of those that were dropped, by item."""
        out = []
        for option, name in OUTPUTS.items():
            out += [f"--out-{option}", str(self.folder / name)]
        settings = json.dumps({"corpus": {"reader": "folder"}})
        given = ["--corpus", "odd", "--root", str(self.root), "--settings", settings]
        build_manifest.main([*given, *self.common, *out])
        summary = json.loads((self.folder / "corpus.json").read_text())
        dropped = {item["item"]: item["reason"] for item in summary["dropped"]}
        return read_rows(self.folder / "utterances.csv", Utterance), dropped

    def faces(self):
        """Status by utterance."""
        out = str(self.folder / "faces.csv")
        crop_faces.main([*self.shard, "--settings", json.dumps(FACES), "--out", out])
        return {row.utterance_id: row.status for row in read_rows(Path(out), FaceRow)}

    def features(self, modality, encoder, *more):
        """Status by utterance."""
        out = self.folder / f"{modality}.safetensors"
        settings = json.dumps({"encoder": {"encoder": encoder}})
        given = ["--modality", modality, "--settings", settings, "--out", str(out), *more]
        extract_features.main([*self.shard, *given])
        ids = [row.utterance_id for row in read_rows(self.folder / "0.csv", Utterance)]
        store = read_store(out, ids)
        return {name: STATUSES[code] for name, code in zip(ids, store.status, strict=True)}


@pytest.fixture
def stages(tmp_path):
    return Stages(tmp_path)


def test_every_odd_file_and_row_ends_with_its_reason(stages, capsys):
    write_media(stages.root)
    rows = [(name, "d", *media_and_span, TEXT) for name, (*media_and_span, _, _) in ROWS.items()]
    stages.write_table([*rows, *BAD_ROWS])
    utterances, dropped = stages.read_corpus()

    assert [row.utterance_id for row in utterances] == list(ROWS)
    assert {row.text for row in utterances} == {'She said: "No, never", twice'}
    reasons = {item.partition(" (")[0]: reason for item, reason in dropped.items()}
    assert {name: reasons[name].partition(": ")[0] for name in reasons} == {
        row[0]: reason for row, reason in BAD_ROWS.items()
    }
    audio, faces = stages.features("audio", "moonshine-tiny"), stages.faces()
    found = {name: (audio[name], faces[name]) for name in ROWS}
    assert found == {name: tuple(row[-2:]) for name, row in ROWS.items()}
    visual = stages.features("visual", "mini-xception", "--faces", f"{stages.folder}/faces.csv")
    assert visual == faces
    said = capsys.readouterr().out
    for name, statuses in found.items():
        for status in set(statuses) - {"ok", "no_media"}:
            assert f"  {name}: {status}" in said, (name, status)


FOUND = {  # file: status of the audio, status of the faces; whole files
    "face_noface.mov": ("ok", "ok"),
    "no_face.mp4": ("ok", "no_face"),
    "video_90.mov": ("no_stream", "no_face"),
    "nasa_13013.mp4": ("ok", "no_face"),
    "no_duration.webm": ("silent", "no_face"),
    "corrupted.mp4": ("no_stream", "no_face"),
    "bug1200148.webm": ("unreadable", "unreadable"),
    "bug603918.webm": ("unreadable", "no_face"),
}


@pytest.mark.skipif(
    "ITEACNET_ODD_VIDEOS" not in os.environ,
    reason="ITEACNET_ODD_VIDEOS names no folder with odd videos of other projects",
)
def test_odd_files_of_other_projects_end_with_their_reason(stages):
    for name in FOUND:
        path = Path(os.environ["ITEACNET_ODD_VIDEOS"], name)
        (stages.root / name).write_bytes(path.read_bytes())
    stages.write_table([(name, "d", name, "", "", "x") for name in FOUND])
    stages.read_corpus()
    audio, faces = stages.features("audio", "moonshine-tiny"), stages.faces()
    assert {name: (audio[name], faces[name]) for name in FOUND} == FOUND
