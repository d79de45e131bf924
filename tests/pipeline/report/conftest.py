"""Small build folders as the stages before the report leave them; predictions are random."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.arrays import write_arrays
from pipeline.config import parse_config
from pipeline.decisions import Decisions
from pipeline.features.extractor import STATUSES
from pipeline.features.store import FeatureStore, StoreHeader, table_digest, write_store
from pipeline.files import write_json
from pipeline.plan import Plan
from pipeline.protocol.stored_masks import draw_masks, write_masks
from pipeline.records import FaceRow, Label, SplitRow, Utterance
from pipeline.stages import report, score
from pipeline.stages.count_parameters import ParameterRow
from pipeline.tables import write_rows

CLASSES = ("happy", "sad", "angry")
EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>"
PARAMETERS = [
    ParameterRow("iteacnet", "student", 3883367, "3.88M", ""),
    ParameterRow("ae", "-", 1, "", "n"),
]


PAPER = {
    "iteacnet": {"model": "iteacnet", "evaluations": ["ime", "ume"]},
    "gcnet": {"model": "gcnet", "evaluations": ["ime", "ume"]},
    "ae": {"model": "ae", "evaluations": ["ume"]},
    "its_tf_tf": {
        "model": "iteacnet",
        "evaluations": ["ime"],
        "settings": {"student": {"encoder": "transformer", "n_layers": 4, "dropout": 0.0}},
    },
    "ts_nas_tf": {
        "model": "iteacnet",
        "evaluations": ["ime"],
        "settings": {
            "teacher": {"encoder": "nas", "n_layers": 4, "dropout": 0.5},
            "student": {"encoder": "transformer", "n_layers": 3, "dropout": 0.0},
        },
    },
    "gcnet_framework_tf": {
        "model": "iteacnet",
        "evaluations": ["ime"],
        "settings": {"framework": "gcnet"},
    },
    "ecce_none": {
        "model": "iteacnet",
        "evaluations": ["complete"],
        "settings": {"framework": "teacher_only", "context": {"is_global": False, "local": "off"}},
    },
    "ecce_global": {
        "model": "iteacnet",
        "evaluations": ["complete"],
        "settings": {"framework": "teacher_only", "context": {"local": "off"}},
    },
    "ecce_full": {
        "model": "iteacnet",
        "evaluations": ["complete"],
        "settings": {"framework": "teacher_only"},
    },
}


@dataclass
class Build:
    """A folder of artefacts and the configuration that it belongs to."""

    root: Path
    config: dict
    utterances: list = field(default_factory=list)

    @property
    def folder(self):
        return self.root / "build"

    @property
    def plan(self):
        return Plan(parse_config(self.config))

    def report(self):
        """Run the stage as its rule does; return the page's text."""
        out = self.folder / "report"
        report.main(
            [
                *("--build", str(self.folder), "--cache", str(self.root / "cache")),
                *("--parameters", str(self.folder / "parameters.csv")),
                *("--settings", Decisions(self.plan).key("report", {})),
                *("--out-page", str(out / "index.html")),
                *("--out-tables", str(out / "tables"), "--out-figures", str(out / "figures")),
            ]
        )
        return (out / "index.html").read_text(encoding="utf-8")

    def reported(self, folder):
        """Names of what the report wrote."""
        return {path.name for path in (self.folder / "report" / folder).iterdir()}

    def table(self, name):
        """A table that the report wrote."""
        return pd.read_csv(self.folder / "report" / "tables" / f"{name}.csv")


@pytest.fixture
def make_build(tmp_path):
    """`make(kind=..., methods={name: settings}, modalities=..., text=..., **sections)`."""
    return lambda **options: write_build(tmp_path, **options)


@pytest.fixture(scope="session")
def study(tmp_path_factory):
    """Every method of the paper, and its page; to read only."""
    build = write_build(tmp_path_factory.mktemp("study"), methods=PAPER, seeds=(0,))
    return build, build.report()


@pytest.fixture(scope="session")
def two_methods(tmp_path_factory):
    """ITEACNet and GCNet, two seeds, hostile transcripts, and the page; to read only."""
    build = write_build(tmp_path_factory.mktemp("two"), text=EVIL)
    return build, build.report()


def write_build(
    root,
    kind="classification",
    methods=None,
    modalities=("audio", "text", "visual"),
    seeds=(0, 1),
    text="well, yes",
    **sections,
):
    """Write a corpus `c` and, where there are methods, a task `t` on it with all its artefacts."""
    methods = (
        {"iteacnet": {"model": "iteacnet"}, "gcnet": {"model": "gcnet"}}
        if methods is None
        else methods
    )
    task = {
        "corpus": "c",
        "kind": kind,
        "annotation": "a",
        "classes": {name: [name] for name in CLASSES} if kind == "classification" else {},
        "folds": {"by": "dialogues", "k": 2},
        "modalities": list(modalities),
    }
    config = {
        "corpora": {"c": {"reader": "folder", "root": "raw"}},
        "tasks": {"t": task} if methods else {},
        "protocol": {"rates": [0.0, 0.5]},
        "methods": methods,
        "train": {"methods": list(methods), "seeds": list(seeds), "train_rate": "0.5"},
        **sections,
    }
    build = Build(root, {key: value for key, value in config.items() if value != {}})
    build.config.setdefault("tasks", {})
    build.utterances = _utterances(text)
    _write_corpus(build, modalities)
    write_rows(build.folder / "parameters.csv", PARAMETERS, ParameterRow)
    if build.config["tasks"]:
        _write_task(build, kind)
    return build


def _utterances(text):
    return [
        Utterance(
            f"d{d}_{t}", f"d{d}", t, "FM"[t % 2], f"s{d % 2}", "d.mp4", t, t + 1.5, "full", text
        )
        for d in range(6)
        for t in range(4 + d)
    ]


def _write_corpus(build, modalities):
    folder, n = build.folder / "c", len(build.utterances)
    write_rows(folder / "utterances.csv", build.utterances, Utterance)
    digest = table_digest([one.utterance_id for one in build.utterances])
    for modality in modalities:
        status = np.zeros(n, np.uint8)
        status[3 : 6 if modality == "visual" else 3] = STATUSES.index("no_face")
        features = np.where(status[:, None] == 0, 1.0, 0.0).astype(np.float32).repeat(4, axis=1)
        header = StoreHeader(digest, modality, f"{modality}-net", "f" * 64, "mean", "float32")
        store = FeatureStore(header, features, status == 0, status)
        write_store(folder / "features" / f"{modality}.safetensors", store)
    faces = [FaceRow(u.utterance_id, 8, 7, "ab" * 32, "ok") for u in build.utterances]
    write_rows(folder / "faces" / "0.csv", faces, FaceRow)
    count = {"group": "all", "split": "", "value": "utterances", "expected": n + 2, "found": n + 1}
    write_json(
        folder / "corpus.json",
        {
            "corpus": "c",
            "reader": "folder",
            "is_synthetic": False,
            "media": {"d.mp4": {"size": 2_000_000, "sha256": "0"}},
            "missing_media": {f"gone {EVIL}.mp4": "is not there"},
            "counts": [{**count, "used": n}],
            "dropped": [{"item": f"=cmd {EVIL}", "reason": "-1 is no start"}],
            "dropped_by_reason": {"a negative start": 1},
            "durations": {
                "n_to_end_of_file": 1,
                "n_known": n - 1,
                "total_s": 99.0,
                "shortest_s": 1.0,
                "longest_s": 2.0,
            },
            "notes": ["made for a test"],
        },
    )


def _write_task(build, kind):
    rng = np.random.default_rng(0)
    folder, n = build.folder / "t", len(build.utterances)
    values = rng.choice(CLASSES, n) if kind == "classification" else rng.choice([-2.0, 0.0, 1.4], n)
    labels = [Label(u.utterance_id, str(v)) for u, v in zip(build.utterances, values, strict=True)]
    splits = [
        SplitRow(f"d{d}", fold, "test" if d % 2 == fold else "validation" if d < 2 else "train")
        for fold in range(2)
        for d in range(6)
    ]
    write_rows(folder / "labels.csv", labels, Label)
    write_rows(folder / "splits.csv", splits, SplitRow)
    dialogue_of = {u.utterance_id: u.dialogue_id for u in build.utterances}
    settings = parse_config(build.config)
    modalities = settings.tasks["t"].modalities
    for path, rate in zip(build.plan.masks("t"), settings.protocol.rates, strict=True):
        masks = draw_masks(labels, splits, dialogue_of, modalities, rate, "gcnet", 7000)
        write_masks(build.root / path, masks)
    for run in build.plan.runs("t"):
        _write_run(build, run, labels, dialogue_of, kind, rng)
    for method, run in build.plan.traced("t").items():
        _write_trace(build, method, run, modalities, rng)
    score.main(
        [
            *("--task", "t", "--utterances", str(build.folder / "c" / "utterances.csv")),
            *("--labels", str(folder / "labels.csv"), "--splits", str(folder / "splits.csv")),
            *(
                "--runs",
                *(str(build.root / run.folder / "run.json") for run in build.plan.runs("t")),
            ),
            *("--settings", Decisions(build.plan).key("score", {"task": "t"})),
            *("--out", str(folder / "scores.csv")),
        ]
    )


def _write_run(build, run, labels, dialogue_of, kind, rng):
    folder = build.root / run.folder
    skill = {"iteacnet": 0.8, "gcnet": 0.6}.get(run.method, 0.5)
    tested = [row for row in labels if int(dialogue_of[row.utterance_id][1:]) % 2 == run.fold]
    rows = []
    for rate in build.plan.test_rates(run.method, run.train_rate):
        for row in tested:
            right = rng.random() < skill - 0.2 * float(rate)
            other = rng.choice(CLASSES) if kind == "classification" else -float(row.label) or 0.3
            guess = row.label if right else other
            rows.append((rate, row.utterance_id, dialogue_of[row.utterance_id], row.label, guess))
    columns = ["rate", "utterance_id", "dialogue_id", "target", "predicted"]
    folder.mkdir(parents=True)
    pd.DataFrame(rows, columns=columns).to_csv(folder / "predictions.csv", index=False)
    history = {
        "epoch": [1, 2, 3],
        "phase": "train",
        "loss": [300.0, 2.0, 1.0],
        "loss_task": [2.0, 1.5, 1.0],
        "validation": [0.4, 0.6, 0.5],
    }
    pd.DataFrame(history).to_csv(folder / "history.csv", index=False)
    facts = {"task": "t", "method": run.method, "fold": run.fold, "seed": run.seed}
    facts |= {"train_rate": run.train_rate, "selection": "validation", "best_epoch": 2}
    facts |= {"best_score": 0.6, "device": "cpu", "key": "k" * 64, "settings": {"code": "c0de"}}
    (folder / "run.json").write_text(json.dumps(facts), encoding="utf-8")


def _write_trace(build, method, run, modalities, rng):
    shown = [u.utterance_id for u in build.utterances if u.dialogue_id == "d4"]
    design = parse_config(build.config).methods[method].settings
    n, arrays = len(shown), {}
    for modality in modalities:
        arrays[f"attention.{modality}"] = rng.dirichlet(np.ones(n), (2, n)).astype(np.float32)
        if design.context.is_global:
            arrays[f"plain.{modality}"] = rng.dirichlet(np.ones(n), (2, n)).astype(np.float32)
            arrays[f"context.{modality}"] = rng.normal(size=(1, n, n)).astype(np.float32)
        if design.framework == "its":
            arrays[f"router.{modality}"] = rng.dirichlet(np.ones(4), (2, 2)).astype(np.float32)
    arrays |= {"patterns": np.array([[True] * 3, [True, False, False]]), "counts": np.array([9, 4])}
    header = {"method": method, "train_rate": run.train_rate, "fold": 0, "seed": 0}
    header |= {"dialogue": "d4", "role": "test", "utterances": shown, "note": ""}
    header |= {
        "network": "student",
        "candidates": ["attention", "time_mlp", "average_pool", "max_pool"],
    }
    write_arrays(build.root / f"build/t/traces/{method}.safetensors", arrays, header)
