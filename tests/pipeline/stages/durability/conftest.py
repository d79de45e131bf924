"""A corpus of two talks and a small task: what the stages are killed over."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.cache.contents import contents, problem_of
from pipeline.files import file_digest
from pipeline.records import Utterance
from pipeline.stages import crop_faces
from pipeline.tables import write_rows
from tests.pipeline import clips

SECONDS, FPS, RATE_HZ, SIDE_PX = 12, 5, 16_000, 160
N_EPOCHS = 12
SETTINGS = {"hidden_dim": 16, "n_heads": 2}
ENCODERS = {"audio": "moonshine-tiny", "text": "minilm", "visual": "mini-xception"}
FACES = json.dumps({"which_face": "single", "fps": float(FPS), "size_px": 64})


@dataclass(frozen=True)
class Work:
    """A stage, the arguments that it gets in a folder, and what it leaves there."""

    stage: str
    arguments: Callable[[Path], list[str]]
    outputs: tuple[str, ...]

    def result(self, folder: Path) -> dict[str, bytes]:
        """Outputs and all that is cached, by name; nothing that is in the cache may be damaged."""
        problems = [problem for kept in contents(folder / "cache") if (problem := problem_of(kept))]
        assert problems == []
        files = [folder / name for name in self.outputs]
        files += [path for path in (folder / "cache").rglob("*") if not path.name.startswith(".")]
        return {
            str(path.relative_to(folder)): path.read_bytes() for path in files if path.is_file()
        }


@pytest.fixture(scope="session")
def talks(tmp_path_factory) -> Path:
    """Two videos of 12 s with sound, and tables of their 24 utterances."""
    folder = tmp_path_factory.mktemp("talks")
    faces = [cv2.resize(picture, (SIDE_PX, SIDE_PX)) for picture in clips.portraits()]
    rng = np.random.default_rng(3)
    for number, face in enumerate(faces):
        sound = rng.normal(0, 3000, SECONDS * RATE_HZ).astype(np.int16)
        pictures = [np.roll(face, k % 7, axis=1) for k in range(SECONDS * FPS)]
        times_s = [k / FPS for k in range(SECONDS * FPS)]
        clips.write_video(folder / f"{number}.mov", pictures, times_s, rate=FPS, sound=sound)
    rows = [
        Utterance(f"u{n}_{s}", f"d{n}", s, "x", "1", f"{n}.mov", s, s + 1.0, "full", f"{n} and {s}")
        for n in range(2)
        for s in range(SECONDS)
    ]
    write_rows(folder / "utterances.csv", rows, Utterance)
    media = {f"{n}.mov": {"size": 1, "sha256": file_digest(folder / f"{n}.mov")} for n in range(2)}
    (folder / "media.json").write_text(json.dumps(media))
    crop_faces.main(cropping(folder, folder))
    return folder


def cropping(talks: Path, folder: Path) -> list[str]:
    return [*of_corpus(talks, folder), "--settings", FACES, "--out", str(folder / "faces.csv")]


def of_corpus(talks: Path, folder: Path) -> list[str]:
    return [
        *("--utterances", str(talks / "utterances.csv"), "--media", str(talks / "media.json")),
        *("--root", str(talks), "--cache", str(folder / "cache"), "--device", "cpu"),
    ]


@pytest.fixture
def work(talks, small_task) -> Callable[[str], Work]:
    """work(what): cropping, extraction of a modality, or training."""

    def extraction(modality: str, folder: Path) -> list[str]:
        stage = {"encoder": {"encoder": ENCODERS[modality]}}
        given = ["--modality", modality, "--settings", json.dumps(stage), "--faces"]
        given += [str(talks / "faces.csv")] if modality == "visual" else []
        arguments = of_corpus(talks, folder)
        if modality == "visual":
            (folder / "cache").mkdir(exist_ok=True)
            if not (folder / "cache/faces").exists():
                (folder / "cache/faces").symlink_to(talks / "cache/faces")
        return [*arguments, *given, "--out", str(folder / "out.safetensors")]

    def training(folder: Path) -> list[str]:
        method = {"model": "iteacnet", "settings": SETTINGS}
        settings = json.loads(small_task.train_settings())
        settings |= {"method": method, "train": {"n_epochs": N_EPOCHS}}
        return [
            *small_task.arguments(),
            *("--settings", json.dumps(settings), "--task", "t", "--method", "m"),
            *("--fold", "1", "--seed", "0", "--train-rate", "random", "--device", "cpu"),
            *("--cache", str(folder / "cache"), "--checkpoint-every", "0"),
            *("--out-weights", str(folder / "weights.safetensors")),
            *("--out-history", str(folder / "history.csv"), "--out-run", str(folder / "run.json")),
        ]

    def make(what: str) -> Work:
        if what == "cropping":
            return Work("crop_faces", lambda folder: cropping(talks, folder), ("faces.csv",))
        if what == "training":
            outputs = ("weights.safetensors", "history.csv", "run.json")
            return Work("train", training, outputs)
        return Work(
            "extract_features", lambda folder: extraction(what, folder), ("out.safetensors",)
        )

    return make
