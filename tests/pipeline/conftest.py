"""A small task in files, as the stages before training write it: 5 sessions, 15 dialogues."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from pipeline.base.records import Annotation, Utterance
from pipeline.base.tables import write_rows
from pipeline.features.cache.extractor import STATUSES
from pipeline.features.store import FeatureStore, StoreHeader, table_digest, write_store
from pipeline.stages import assign_splits, draw_availability

DIMS = {"audio": 5, "text": 7, "visual": 4}
CLASSES = ("ang", "hap", "neu")
RATES = ("0.0", "0.3", "0.7")


@dataclass
class TaskFiles:
    """Paths of a task and the settings that its stages are called with."""

    folder: Path
    settings: dict
    modalities: tuple[str, ...] = tuple(DIMS)
    classes: tuple[str, ...] = CLASSES
    utterances: list = field(default_factory=list)

    @property
    def features(self):
        return [self.folder / "features" / f"{m}.safetensors" for m in self.modalities]

    @property
    def availability(self):
        return [self.folder / f"availability/{rate}_7000.safetensors" for rate in RATES]

    def arguments(self):
        """What train and predict have in common on their command lines."""
        return [
            *("--utterances", str(self.folder / "utterances.csv")),
            *("--labels", str(self.folder / "labels.csv")),
            *("--splits", str(self.folder / "splits.csv")),
            *("--features", *map(str, self.features)),
            *("--availability", *map(str, self.availability)),
        ]

    def train_settings(self):
        """What the rule train hands over."""
        protocol = {k: v for k, v in self.settings["protocol"].items() if k != "name"}
        return json.dumps({**self.settings, "task": self.scored_task, "protocol": protocol})

    def predict_settings(self):
        """What the rule predict hands over."""
        method = self.settings["method"]
        return json.dumps({"task": self.scored_task, "method": method, "rates": RATES})

    @property
    def scored_task(self):
        center = self.settings["task"].get("center", 0.0)
        return {"kind": self.settings["task"]["kind"], "classes": self.classes, "center": center}


def make_utterances():
    """Dialogues of 3 to 9 turns; every third table row is out of order of its turns."""
    rng = np.random.default_rng(11)
    rows = []
    for session in range(5):
        for number in range(3):
            name = f"s{session}d{number}"
            turns = [
                Utterance(
                    f"{name}_{t}", name, t, "FM"[t % 2], f"s{session}", "", t, t + 1, "full", "x"
                )
                for t in range(int(rng.integers(3, 10)))
            ]
            rows += turns if number else turns[::-1]
    return rows


def write_features(folder, utterances, emotions, modalities):
    """Vectors around their class's own; one visual in six was never extracted."""
    rng = np.random.default_rng(12)
    numbers = np.array([[*CLASSES, "xxx"].index(emotion) for emotion in emotions])

    for modality in modalities:
        centres = rng.normal(0, 1, (4, DIMS[modality]))
        features = centres[numbers] + rng.normal(0, 1, (len(numbers), DIMS[modality]))
        status = np.zeros(len(numbers), np.uint8)
        if modality == "visual":
            status[::6] = STATUSES.index("no_face")
        features[status > 0] = 0
        header = StoreHeader(
            table_digest([u.utterance_id for u in utterances]), modality, "e", "w", "mean", "f32"
        )
        store = FeatureStore(header, features.astype(np.float32), status == 0, status)
        write_store(folder / "features" / f"{modality}.safetensors", store)


def write_task(
    folder,
    kind="classification",
    protocol="strict",
    modalities=tuple(DIMS),
    method=None,
    n_epochs=3,
    **protocol_settings,
):
    """Write all files of a task into `folder`."""
    utterances = make_utterances()
    rng = np.random.default_rng(13)
    emotions = rng.choice([*CLASSES, "xxx"], len(utterances), p=[0.3, 0.3, 0.3, 0.1]).tolist()
    numbers = rng.choice([-2.0, -0.4, 0.0, 1.2], len(utterances))
    annotations = [
        Annotation(u.utterance_id, name, value)
        for u, emotion, number in zip(utterances, emotions, numbers, strict=True)
        for name, value in (("emotion", emotion), ("sentiment", str(number)))
    ]
    write_rows(folder / "utterances.csv", utterances, Utterance)
    write_rows(folder / "annotations.csv", annotations, Annotation)
    write_features(folder, utterances, emotions, modalities)
    is_regression = kind == "regression"
    settings = {
        "task": {
            "kind": kind,
            "annotation": "sentiment" if is_regression else "emotion",
            "classes": {} if is_regression else {name: [name] for name in CLASSES},
            "folds": {"by": "sessions"},
        },
        "protocol": {"name": protocol, "rates": [*map(float, RATES)], **protocol_settings},
        "method": method or {"model": "iteacnet"},
        "train": {"n_epochs": n_epochs},
    }
    draw_task(folder, settings, modalities)
    classes = () if is_regression else CLASSES

    return TaskFiles(folder, settings, tuple(modalities), classes, utterances)


@pytest.fixture(scope="session")
def small_task(tmp_path_factory):
    """A task to read only."""
    return write_task(tmp_path_factory.mktemp("task"))


@pytest.fixture
def make_task(tmp_path):
    """A task of the test's own: `make(kind=..., protocol=..., method=..., n_epochs=...)`."""
    return lambda **settings: write_task(tmp_path / "task", **settings)


def draw_task(folder, settings, modalities):
    """Run the stages assign_splits and draw_availability."""
    assign_splits.main(
        [
            *("--task", "t", "--utterances", f"{folder}/utterances.csv"),
            *("--annotations", f"{folder}/annotations.csv"),
            *("--out-labels", f"{folder}/labels.csv", "--out-splits", f"{folder}/splits.csv"),
            "--settings",
            json.dumps({"task": settings["task"], "protocol": settings["protocol"]["name"]}),
        ]
    )
    draw_masks_of_task(folder, modalities)


def draw_masks_of_task(folder, modalities):
    """Run the stage draw_availability at every rate."""
    for rate in RATES:
        draw_availability.main(
            [
                *("--utterances", f"{folder}/utterances.csv", "--labels", f"{folder}/labels.csv"),
                *("--splits", f"{folder}/splits.csv"),
                *("--features", *(f"{folder}/features/{m}.safetensors" for m in modalities)),
                *("--settings", json.dumps({"condition": rate, "modalities": modalities})),
                *("--mask-seed", "7000"),
                *("--out", f"{folder}/availability/{rate}_7000.safetensors"),
            ]
        )
