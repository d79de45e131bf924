"""Small build folders as the stages before the report leave them."""

import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.base.files import write_json
from pipeline.base.records import FaceRow, Utterance
from pipeline.base.tables import write_rows
from pipeline.config.configuration import parse_config
from pipeline.features.cache.extractor import STATUSES
from pipeline.features.store import FeatureStore, StoreHeader, table_digest, write_store
from pipeline.report.method_views import method_views
from pipeline.report.task_data import TaskResults, read_scores
from pipeline.rules.decisions import Decisions
from pipeline.rules.plan import Plan
from pipeline.stages import report
from pipeline.training.published_sizes import ParameterRow
from tests.pipeline.report.task_artefacts import CLASSES, score_task, write_task

EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>"
PARAMETERS = [
    ParameterRow("iteacnet", "student", 3883367, "3.88M", ""),
    ParameterRow("ae", "-", 1, "", "n"),
]


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

    def results(self):
        """What the report reads of the task."""
        config = parse_config(self.config)
        return TaskResults(
            name="t",
            section=config.tasks["t"],
            classes=tuple(config.tasks["t"].classes),
            methods=method_views(config.methods, config.train.methods),
            train_rate=config.train.train_rate,
            protocol=config.protocol,
            scores=read_scores(self.folder / "t" / "scores.csv"),
            build=self.folder,
            main_name=config.report.main,
            reference_name=config.report.reference,
        )

    def score(self):
        """Score the task again, after its predictions were changed."""
        score_task(self)

    def report(self):
        """Run the stage as its rule does; return the page's text."""
        out = self.folder / "report"
        shards = range(self.plan.config.shards)
        faces = [
            self.folder / f"{name}/faces/{n}.csv"
            for name in self.plan.config.corpora
            for n in shards
        ]
        report.main(
            [
                *("--build", str(self.folder), "--cache", str(self.root / "cache")),
                *("--parameters", str(self.folder / "parameters.csv")),
                *("--faces", *(str(path) for path in faces if path.is_file())),
                *("--settings", Decisions(self.plan).settings("report", {})),
                *("--configuration", "a.yaml", "b.yaml", "--out-card", str(out / "study.json")),
                *("--out-settings", str(out / "settings.json")),
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


def write_build(
    root,
    kind="classification",
    methods=None,
    modalities=("audio", "text", "visual"),
    seeds=(0, 1),
    text="well, yes",
    conditions=(),
    n_dialogues=12,
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
        "kind": "classification" if kind == "classification" else "regression",
        "annotation": {"regression": "sentiment", "dimensional": "valence"}.get(kind, "a"),
        "classes": {name: [name] for name in CLASSES} if kind == "classification" else {},
        "folds": {"by": "dialogues", "k": 2},
        "modalities": list(modalities),
        "conditions": list(conditions),
    }
    config = {
        "corpora": {"c": {"reader": "folder", "root": "raw"}},
        "tasks": {"t": task} if methods else {},
        "protocol": {"rates": [0.0, 0.5]},
        "methods": methods,
        "train": {"methods": list(methods), "seeds": list(seeds), "train_rate": "0.5"},
        **sections,
    }
    config["report"] = {"text": True, **config.get("report", {})}
    build = Build(root, {key: value for key, value in config.items() if value != {}})
    build.config.setdefault("tasks", {})
    build.utterances = _utterances(text, n_dialogues)
    _write_corpus(build)
    write_rows(build.folder / "parameters.csv", PARAMETERS, ParameterRow)
    if build.config["tasks"]:
        write_task(build, kind)

    return build


def _utterances(text, n_dialogues):
    return [
        Utterance(
            f"d{d}_{t}", f"d{d}", t, "FM"[t % 2], f"s{d % 2}", "d.mp4", t, t + 1.5, "full", text
        )
        for d in range(n_dialogues)
        for t in range(4 + d % 6)
    ]


def _write_corpus(build):
    folder, n = build.folder / "c", len(build.utterances)
    write_rows(folder / "utterances.csv", build.utterances, Utterance)
    digest = table_digest([utterance.utterance_id for utterance in build.utterances])

    for encoding in build.plan.encodings("c"):
        modality, _, chosen = encoding.partition("@")
        status = np.zeros(n, np.uint8)
        status[3 : 6 if modality == "visual" else 3] = STATUSES.index("no_face")
        features = np.where(status[:, None] == 0, 1.0, 0.0).astype(np.float32).repeat(4, axis=1)
        header = StoreHeader(
            *(digest, modality, f"{chosen or modality}-net", "f" * 64, "mean", "float32"),
            libraries={"torch": "0.9.7"},
        )
        store = FeatureStore(header, features, status == 0, status)
        write_store(folder / "features" / f"{encoding}.safetensors", store)

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
    account = {"n_labels": n, "n_without": 0, "unused": {f"Happy {EVIL}": 2}, "notes": ["2 lost"]}
    write_json(folder / "tasks.json", dict.fromkeys(build.config["tasks"], account))


def words_of(page: str) -> str:
    """What is read on a page, without the marks that lead to the glossary."""
    return " ".join(re.sub(r"<[^>]+>", "", page).split())
