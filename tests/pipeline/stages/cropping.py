"""The stage crop_faces in a folder, on clips made of two portraits."""

import json

import cv2
import numpy as np

from pipeline.base.files import file_digest
from pipeline.base.records import FaceRow, Utterance
from pipeline.base.tables import read_rows, write_rows
from pipeline.stages import crop_faces
from tests.pipeline import clips

SIDE_PX = 240
PORTRAITS = clips.portraits()


def utterance(name, media, start_s, end_s, region="full"):
    return Utterance(name, "d", 0, "s", "1", media, start_s, end_s, region, "")


UTTERANCES = [
    utterance("left", "talk.mp4", 0.0, 0.8, "left"),
    utterance("right", "talk.mp4", 0.4, 1.2, "right"),
    utterance("dark", "talk.mp4", 1.6, 2.4, "left"),
    utterance("beyond", "talk.mp4", 7.0, 8.0),
    utterance("sound", "sound.wav", 0.0, 1.0),
    utterance("text", "text.mp4", 0.0, 1.0),
    utterance("gone", "gone.mp4", 0.0, 1.0),
    utterance("nothing", "", 0.0, 1.0),
]
SETTINGS = {"which_face": "side", "fps": 5.0, "size_px": 64}


def split_screen(number, n_lit):
    """Hopper on the left, Collins on the right; from frame `n_lit` on nobody."""
    if number >= n_lit:
        return np.zeros((SIDE_PX, 2 * SIDE_PX, 3), np.uint8)
    left, right = (cv2.resize(p, (SIDE_PX, SIDE_PX)) for p in PORTRAITS)
    return np.hstack([left[:, ::-1] if number % 2 else left, right])


class CropStage:
    """A folder to run the stage in, as often as one likes."""

    def __init__(self, folder, raw):
        self.folder = folder
        self.raw = raw
        self.cache = folder / "cache"
        media = {
            path.name: {"size": path.stat().st_size, "sha256": file_digest(path)}
            for path in raw.iterdir()
        }
        (folder / "media.json").write_text(json.dumps(media))

    def arguments(self, utterances=UTTERANCES, settings=None, *more, cache="cache"):
        write_rows(self.folder / "utterances.csv", utterances, Utterance)
        return [
            *("--utterances", str(self.folder / "utterances.csv")),
            *("--media", str(self.folder / "media.json"), "--root", str(self.raw)),
            *("--settings", json.dumps({**SETTINGS, **(settings or {})})),
            *("--cache", str(self.folder / cache), "--out", str(self.folder / "faces.csv"), *more),
        ]

    def run(self, *given, **options):
        crop_faces.main(self.arguments(*given, **options))
        return read_rows(self.folder / "faces.csv", FaceRow)

    def archives(self, cache="cache"):
        return {p.stem: p.read_bytes() for p in (self.folder / cache / "faces").rglob("*.zip")}
