"""Corpora on disk; extract_features and crop_faces run on them through their command lines."""

import json
import wave

import cv2
import numpy as np
import pytest

from pipeline.base.files import file_digest, text_digest
from pipeline.base.records import FaceRow, Utterance
from pipeline.base.tables import write_rows
from pipeline.features.cache.extractor import STATUSES
from pipeline.features.faces.crops import CropRecord, write_crops
from pipeline.features.store import read_store
from pipeline.stages import extract_features
from tests.pipeline import clips
from tests.pipeline.stages.cropping import CropStage, split_screen


def write_wav(path, n_samples, seed=0, rate_hz=16_000):
    rng = np.random.default_rng(seed)
    samples = (rng.standard_normal(n_samples) * 3000).astype("<i2")
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, rate_hz, n_samples, "NONE", ""))
        file.writeframes(samples.tobytes())


def row(name, dialogue="d", media="", start_s=0.0, end_s=1.0, text="hello"):
    return Utterance(name, dialogue, 0, "s", "1", media, start_s, end_s, "full", text)


class Extraction:
    """A corpus on disk, and the stage run on it."""

    def __init__(self, folder):
        self.folder, self.root, self.cache = folder, folder / "raw", folder / "cache"
        self.root.mkdir()
        self.rows = []

    def arguments(self, modality, encoder, rows=None, out="out", faces=None, threads=1, **settings):
        rows = self.rows if rows is None else rows
        write_rows(self.folder / f"{out}.csv", rows, Utterance)
        media = {
            row.media: {"size": 1, "sha256": file_digest(self.root / row.media)}
            for row in rows
            if row.media and (self.root / row.media).is_file()
        }
        (self.folder / f"{out}.json").write_text(json.dumps(media))
        given = ["--faces"]
        if faces is not None:
            write_rows(self.folder / f"{out}.faces.csv", faces, FaceRow)
            given.append(str(self.folder / f"{out}.faces.csv"))
        stage = {"encoder": {"encoder": encoder, **settings}}
        options = {
            "--utterances": self.folder / f"{out}.csv",
            "--media": self.folder / f"{out}.json",
            "--root": self.root,
            "--modality": modality,
            "--settings": json.dumps(stage),
            "--cache": self.cache,
            "--threads": threads,
            "--out": self.folder / f"{out}.safetensors",
        }

        return [str(word) for pair in options.items() for word in pair] + given

    def run(self, modality, encoder, out="out", **options):
        extract_features.main(self.arguments(modality, encoder, out=out, **options))
        rows = options.get("rows", self.rows)
        return read_store(self.folder / f"{out}.safetensors", [row.utterance_id for row in rows])

    def bytes(self, out="out"):
        return (self.folder / f"{out}.safetensors").read_bytes()

    def face(self, name):
        """One gray crop in the cache, as crop_faces leaves it, and its row."""
        digest = text_digest(name)
        jpeg = cv2.imencode(".jpg", np.full((64, 64, 3), len(name) * 20, np.uint8))[1]
        record = CropRecord(
            digest, "ok", "single", "full", 1, 1, 1, (0.5,), ((0, 0, 64, 64),), (1.0,)
        )
        write_crops(self.cache / "faces" / digest[:2] / f"{digest}.zip", record, [jpeg.tobytes()])
        return FaceRow(name, 1, 1, digest, "ok")

    def statuses(self, store):
        return [STATUSES[code] for code in store.status]


@pytest.fixture
def extraction(tmp_path):
    """A corpus without utterances yet."""
    return Extraction(tmp_path)


@pytest.fixture
def spoken(extraction):
    """Six utterances in two files."""
    for number in range(2):
        write_wav(extraction.root / f"v/{number}.wav", 48_000, seed=number)
    spans = [(0.0, 0.5), (0.4, 1.2), (2.0, 3.0)]
    extraction.rows = [
        row(f"u{number}{k}", f"d{number}{k}", f"v/{number}.wav", *span, text=f"line {number} {k}")
        for number in range(2)
        for k, span in enumerate(spans)
    ]
    return extraction


@pytest.fixture(name="write_wav")
def _write_wav():
    """write_wav(path, n_samples, seed): noise at 16 kHz."""
    return write_wav


@pytest.fixture(name="row")
def _row():
    """row(id, **fields): an utterance."""
    return row


@pytest.fixture(scope="session")
def raw_videos(tmp_path_factory):
    """A corpus folder: a split-screen talk that ends in darkness, and files that give nothing."""
    folder = tmp_path_factory.mktemp("raw")
    pictures = (split_screen(k, 15) for k in range(25))
    clips.write_video(folder / "talk.mp4", pictures, [k / 10 for k in range(25)], rate=10)
    clips.write_sound(folder / "sound.wav", np.ones(16000, np.int16))
    (folder / "text.mp4").write_text("no media\n" * 500)
    return folder


@pytest.fixture
def crop_stage(tmp_path, raw_videos):
    """The stage crop_faces, to be run on `raw_videos` as often as one likes."""
    return CropStage(tmp_path, raw_videos)
