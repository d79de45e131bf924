"""Labels, splits, masks, runs, traces and scores of a task; predictions are random."""

import json

import numpy as np
import pandas as pd

from pipeline.base.arrays import write_arrays
from pipeline.base.files import write_json
from pipeline.base.records import Label, SplitRow
from pipeline.base.tables import write_rows
from pipeline.config.conditions import is_rate, parse_condition
from pipeline.config.configuration import parse_config
from pipeline.config.settings import dump
from pipeline.config.tasks import ScoredTask
from pipeline.evaluation.calibration import FILE, Calibration, Judged, calibrate
from pipeline.features.extracted import read_extracted_cells
from pipeline.protocol.stored_masks import draw_masks, write_masks
from pipeline.rules.decisions import Decisions
from pipeline.stages import score

CLASSES = ("happy", "sad", "angry")


def write_task(build, kind):
    rng = np.random.default_rng(0)
    folder, n = build.folder / "t", len(build.utterances)
    choices = {"classification": CLASSES, "regression": [-2.0, 0.0, 1.4], "dimensional": [1, 2, 5]}
    values = rng.choice(choices[kind], n)
    labels = [Label(u.utterance_id, str(v)) for u, v in zip(build.utterances, values, strict=True)]
    splits = [
        SplitRow(f"d{d}", fold, "test" if d % 2 == fold else "validation" if d < 2 else "train")
        for fold in range(2)
        for d in range(len({u.dialogue_id for u in build.utterances}))
    ]
    write_rows(folder / "labels.csv", labels, Label)
    write_rows(folder / "splits.csv", splits, SplitRow)
    dialogue_of = {u.utterance_id: u.dialogue_id for u in build.utterances}
    settings = parse_config(build.config)
    modalities = settings.tasks["t"].modalities
    features = [build.folder / f"c/features/{m}.safetensors" for m in modalities]
    extracted = read_extracted_cells(features, build.utterances, labels, modalities)
    drawn = labels, splits, build.utterances, modalities, extracted

    for path, name in zip(build.plan.masks("t"), build.plan.conditions("t"), strict=True):
        masks = draw_masks(*drawn, parse_condition(name), "gcnet", 7000)
        write_masks(build.root / path, masks)

    for run in build.plan.runs("t"):
        _write_run(build, run, labels, dialogue_of, kind, rng)

    for method, run in build.plan.traced("t").items():
        _write_trace(build, method, run, modalities, rng)

    score_task(build)


def score_task(build):
    """Run the stage over the predictions that lie there."""
    folder = build.folder / "t"

    score.main(
        [
            *("--task", "t", "--utterances", str(build.folder / "c" / "utterances.csv")),
            *("--labels", str(folder / "labels.csv"), "--splits", str(folder / "splits.csv")),
            *(
                "--runs",
                *(str(build.root / run.folder / "run.json") for run in build.plan.runs("t")),
            ),
            *("--settings", Decisions(build.plan).settings("score", {"task": "t"})),
            *("--out", str(folder / "scores.csv")),
            *("--out-reliability", str(folder / "reliability.csv")),
        ]
    )


def _write_run(build, run, labels, dialogue_of, kind, rng):
    folder = build.root / run.folder
    skill = {"iteacnet": 0.8, "gcnet": 0.6}.get(run.method, 0.5)
    tested = [row for row in labels if int(dialogue_of[row.utterance_id][1:]) % 2 == run.fold]

    rows = []
    for rate in build.plan.test_rates("t", run.method, run.train_rate):
        for row in tested:
            right = rng.random() < skill - 0.2 * (float(rate) if is_rate(rate) else 1.0)
            other = rng.choice(CLASSES) if kind == "classification" else -float(row.label) or 0.3
            guess = row.label if right else other
            rows.append((rate, row.utterance_id, dialogue_of[row.utterance_id], row.label, guess))

    columns = ["rate", "utterance_id", "dialogue_id", "target", "predicted"]
    table = pd.DataFrame(rows, columns=columns)
    if kind == "classification":
        table = pd.concat([table, _probabilities(table["predicted"])], axis=1)
    folder.mkdir(parents=True)
    table.to_csv(folder / "predictions.csv", index=False)
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
    write_json(folder / FILE, dump(_calibration(kind, len(tested), rng)))
    facts |= {"versions": {"torch": "1.2.3"}}
    facts |= {"best_score": 0.6, "device": "cpu", "key": "k" * 64, "settings": {"code": "c0de"}}
    (folder / "run.json").write_text(json.dumps(facts), encoding="utf-8")


def _probabilities(predicted):
    """Of each class; the predicted one has the highest."""
    shares = np.sort(np.random.default_rng(1).dirichlet(np.ones(len(CLASSES)), len(predicted)))
    orders = [[*(c for c in CLASSES if c != guess), guess] for guess in predicted]
    rows = [dict(zip(order, row, strict=True)) for order, row in zip(orders, shares, strict=True)]
    return pd.DataFrame(rows)[list(CLASSES)].add_prefix("score_")


def _calibration(kind, n, rng):
    if kind == "dimensional":
        return Calibration(reason="numbers on a scale have no probability")
    is_classes = kind == "classification"
    outputs = rng.normal(size=(n, 3 if is_classes else 1)).astype(np.float32)
    targets = rng.choice(3, n) if is_classes else rng.normal(size=n)
    patterns = rng.choice(["audio", "audio+text"], n)
    rows = Judged(outputs, targets, patterns, np.arange(n).astype(str))
    task = ScoredTask(kind=kind, classes=CLASSES if is_classes else ())
    return calibrate(task, rows, rows, "validation", gives_logits=True)


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
