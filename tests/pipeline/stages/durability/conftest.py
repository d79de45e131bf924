"""A corpus of two talks and a small task: what the stages are killed over."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from pipeline.base.files import file_digest
from pipeline.base.records import Utterance
from pipeline.base.tables import write_rows
from pipeline.stages import crop_faces
from pipeline.tools.cache.contents import QUARANTINE, contents, problem_of
from tests.pipeline import clips

SECONDS, FPS, RATE_HZ, SIDE_PX = 12, 5, 16_000, 160
N_EPOCHS = 12
SETTINGS = {"hidden_dim": 16, "n_heads": 2}
ENCODERS = {"audio": "moonshine-tiny", "text": "minilm", "visual": "mini-xception"}
FACES = json.dumps({"which_face": "single", "fps": 2.0, "size_px": 64})


@dataclass(frozen=True)
class Work:
    """A stage, the arguments that it gets in a folder, and what it leaves there."""

    stage: str
    arguments: Callable[[Path], list[str]]
    outputs: tuple[str, ...]

    def result(self, folder: Path) -> dict[str, bytes]:
        """Outputs and all that is cached, by name; nothing that is in the cache may be damaged."""
        found = contents(folder / "cache")
        assert [kept for kept in found if kept.kind != QUARANTINE and problem_of(kept)] == []
        quarantine = folder / "cache/quarantine"
        files = [folder / name for name in self.outputs]
        files += [path for path in (folder / "cache").rglob("*") if not path.name.startswith(".")]
        files = [path for path in files if path.parent != quarantine]
        return {
            str(path.relative_to(folder)): path.read_bytes() for path in files if path.is_file()
        }


@pytest.fixture(scope="session")
def talks(tmp_path_factory) -> Path:
    """Two videos of 12 s with sound, and tables of their 24 utterances."""
    return make_talks(tmp_path_factory.mktemp("talks"), seed=3)


@pytest.fixture(scope="session")
def namesakes(tmp_path_factory) -> Path:
    """Other talks whose files, dialogues and utterances have the same names."""
    return make_talks(tmp_path_factory.mktemp("namesakes"), seed=4)


def make_talks(folder: Path, seed: int) -> Path:
    faces = [cv2.resize(picture, (SIDE_PX, SIDE_PX)) for picture in clips.portraits()]
    rng = np.random.default_rng(seed)

    for number, face in enumerate(faces):
        sound = rng.normal(0, 3000, SECONDS * RATE_HZ).astype(np.int16)
        pictures = [np.roll(face, (seed + k) % 7, axis=1) for k in range(SECONDS * FPS)]
        times_s = [k / FPS for k in range(SECONDS * FPS)]
        clips.write_video(folder / f"{number}.mov", pictures, times_s, rate=FPS, sound=sound)

    rows = [
        Utterance(f"u{n}_{s}", f"d{n}", s, "x", "1", f"{n}.mov", s, s + 1.0, "full", text)
        for n in range(2)
        for s in range(SECONDS)
        for text in [f"{n} and {s} and {seed}"]
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


def extraction(talks: Path, modality: str, folder: Path) -> list[str]:
    stage = {"encoder": {"encoder": ENCODERS[modality]}}
    given = ["--modality", modality, "--settings", json.dumps(stage), "--faces"]
    if modality == "visual":
        given.append(str(talks / "faces.csv"))
        shutil.copytree(talks / "cache/faces", folder / "cache/faces", dirs_exist_ok=True)
    return [*of_corpus(talks, folder), *given, "--out", str(folder / "out.safetensors")]


def training(task: Any, folder: Path) -> list[str]:
    method = {"model": "iteacnet", "settings": SETTINGS}
    settings = json.loads(task.train_settings())
    settings |= {"method": method, "train": {"n_epochs": N_EPOCHS}}
    return [
        *task.arguments(),
        *("--settings", json.dumps(settings), "--task", "t", "--method", "m"),
        *("--code", "c0de"),
        *("--fold", "1", "--seed", "0", "--train-rate", "random", "--device", "cpu"),
        *("--cache", str(folder / "cache"), "--checkpoint-every", "0"),
        *("--out-weights", str(folder / "weights.safetensors")),
        *("--out-history", str(folder / "history.csv"), "--out-run", str(folder / "run.json")),
    ]


@pytest.fixture
def work(talks, small_task) -> Callable[..., Work]:
    """work(what): cropping, extraction of a modality, or training."""

    def make(what: str, talks: Path = talks) -> Work:
        if what == "cropping":
            return Work("crop_faces", partial(cropping, talks), ("faces.csv",))
        if what == "training":
            outputs = ("weights.safetensors", "history.csv", "run.json")
            return Work("train", partial(training, small_task), outputs)
        outputs = ("out.safetensors",)
        return Work("extract_features", partial(extraction, talks, what), outputs)

    return make
