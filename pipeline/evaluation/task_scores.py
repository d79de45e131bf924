"""Scores of a task from its files: predictions of every run, labels and splits.

Whoever scores a task does it here, the stage `score` as well as who checks it: the same files give
the same bytes.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.base.records import Label, SplitRow, Utterance
from pipeline.base.tables import read_rows, write_rows
from pipeline.config.settings import parse_section
from pipeline.config.tasks import ScoredTask
from pipeline.evaluation.calibration import FILE, Calibration
from pipeline.evaluation.calibration_table import (
    CalibratedRun,
    ReliabilityRow,
    reliability_rows,
)
from pipeline.evaluation.scores import Score
from pipeline.evaluation.scoring import (
    conditions_in_order,
    floor_rows,
    labels_of_roles,
    read_predictions,
    score_run,
)


@dataclass(frozen=True)
class TestTables:
    """Tables of another corpus, all of which a task is tested on."""

    utterances: Path
    labels: Path
    splits: Path


@dataclass(frozen=True)
class TaskFiles:
    """What a task is scored from; predictions.csv and calibration.json lie beside each run.json."""

    utterances: Path
    labels: Path
    splits: Path
    runs: Sequence[Path]
    tested: TestTables | None = None  # None: the folds' own test parts


def write_scores(name: str, task: ScoredTask, files: TaskFiles, out: Path, reliable: Path) -> int:
    """Write scores.csv to `out` and reliability.csv to `reliable`; how many numbers there are."""
    scores: list[Score] = []
    calibrated: list[CalibratedRun] = []
    for path in files.runs:
        run = json.loads(path.read_text(encoding="utf-8"))
        predictions = read_predictions(path.with_name("predictions.csv"), task.kind)
        scores += score_run(predictions, run, task)
        calibrated.append(_calibration(path.with_name(FILE), run))

    scores += _floor(name, task, files, scores)
    write_rows(out, scores, Score)
    write_rows(reliable, reliability_rows(calibrated), ReliabilityRow)
    return len(scores)


def _floor(name: str, task: ScoredTask, files: TaskFiles, found: Sequence[Score]) -> list[Score]:
    """The guess that never looks, in the folds and under the conditions of what was found."""
    own = _tables(files)
    tested = own if files.tested is None else _tables(files.tested)
    rates = conditions_in_order(score.rate for score in found)

    scores: list[Score] = []
    for fold in sorted({score.fold for score in found}):
        roles = {"train": labels_of_roles(fold, *own)["train"]}
        roles["test"] = labels_of_roles(fold, *tested)["test"]
        scores += floor_rows(name, fold, roles, task, rates)
    return scores


def _tables(files: TaskFiles | TestTables) -> tuple[list[Label], list[SplitRow], dict[str, str]]:
    """Labels, splits, and the dialogue of each utterance."""
    dialogue_of = {u.utterance_id: u.dialogue_id for u in read_rows(files.utterances, Utterance)}
    return read_rows(files.labels, Label), read_rows(files.splits, SplitRow), dialogue_of


def _calibration(path: Path, run: dict[str, Any]) -> CalibratedRun:
    found = parse_section(path.read_text(encoding="utf-8"), Calibration, where=str(path))
    names = str(run["task"]), str(run["method"]), str(run["train_rate"])
    return CalibratedRun(*names, fold=int(run["fold"]), calibration=found)
