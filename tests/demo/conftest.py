"""A small demo corpus made once, the script of the default one, and a face detector."""

from pathlib import Path

import numpy as np
import pytest
import torch
from facenet_pytorch import MTCNN

from demo.build import make_demo
from demo.script import Dialogue, write_script
from demo.timeline import Performance, perform
from pipeline.config.corpora import DemoSettings

SMALL = DemoSettings(seed=3, n_dialogues=5, n_turns=2)


@pytest.fixture(scope="session")
def default_script() -> list[Dialogue]:
    default = DemoSettings()
    rng = np.random.default_rng(default.seed)
    return write_script(default.n_dialogues, default.n_turns, default.incomplete, rng)


@pytest.fixture(scope="session")
def performances(default_script: list[Dialogue]) -> list[Performance]:
    rng = np.random.default_rng(0)
    return [perform(dialogue, rng) for dialogue in default_script]


@pytest.fixture(scope="session")
def small_settings() -> DemoSettings:
    return SMALL


@pytest.fixture(scope="session")
def small_demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("demo") / "raw"
    make_demo(SMALL, root)
    return root


@pytest.fixture(scope="session")
def detect():
    """Boxes, confidences and landmarks (eyes, nose, mouth corners) of faces, by MTCNN."""
    torch.set_num_threads(1)
    detector = MTCNN(keep_all=True, device="cpu", min_face_size=40)
    return lambda picture: detector.detect(picture, landmarks=True)
