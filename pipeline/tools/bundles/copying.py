"""Runs of one study among those of another, under another name and under fewer conditions."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from pipeline.base.files import write_json
from pipeline.config.settings import dump
from pipeline.evaluation.calibration import FILE, Calibration
from pipeline.tools.bundles.checking import FIRST
from pipeline.tools.bundles.matching import Side
from pipeline.tools.bundles.rows import PREDICTIONS
from pipeline.tools.bundles.study import BUILD, BundledRun

FEWER = "conditions were left out, over which it was calibrated"
# What scoring and tables read of run.json; what a run was made of stays in its own bundle.
KEPT = ("selection", "device", "best_epoch", "n_epochs", "parameters", "n_utterances", "corpus")


def runs_judged(side: Side, method: str, way: str, conditions: Sequence[str]) -> list[BundledRun]:
    """Runs of a method that an evaluation is about: its unified ones, or those of a condition."""
    rates = (side.study.train_rate,) if way == "ume" else conditions
    return [run for run in side.bundled.runs if run.method == method and run.train_rate in rates]


def copy_run(
    side: Side, run: BundledRun, target: Path, copy: BundledRun, under: Sequence[str]
) -> None:
    """Write a run as `copy` into the folder of a task, with its rows of the conditions `under`."""
    source, folder = side.folder / BUILD / side.task / run.place, target / copy.place
    folder.mkdir(parents=True)
    table = pd.read_csv(source / PREDICTIONS, dtype=str, keep_default_na=False)
    chosen = table["rate"].isin(under)
    if chosen.all():
        shutil.copyfile(source / PREDICTIONS, folder / PREDICTIONS)
        shutil.copyfile(source / FILE, folder / FILE)
    else:
        scores = [name for name in table.columns if name.startswith("score_")]
        rows = table.loc[chosen, [*FIRST, *scores]]
        rows.to_csv(folder / PREDICTIONS, index=False, lineterminator="\n")
        write_json(folder / FILE, dump(Calibration(reason=FEWER)))

    facts = json.loads((source / "run.json").read_text(encoding="utf-8"))
    kept = {key: facts[key] for key in KEPT if key in facts}
    write_json(folder / "run.json", {**kept, "task": target.name, **dump(copy)})
