"""Stage score: predictions of every run of a task -> scores.csv, one number per row.

Beside it reliability.csv: what the probabilities of each method are worth.
"""

import json
from pathlib import Path
from typing import Any

from pipeline.base.records import Label, SplitRow, Utterance
from pipeline.base.tables import read_rows, write_rows
from pipeline.base.wording import counted
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
    floor_rows,
    in_order,
    labels_of_roles,
    read_predictions,
    score_run,
)
from pipeline.stages.options import stage_parser


def main(argv: list[str] | None = None) -> None:
    """Read the command line, score, write."""
    parser = stage_parser(
        __doc__,
        *("task", "utterances", "labels", "splits"),
        settings="kind, classes and metrics of the task, JSON",
        out="scores.csv",
        out_reliability="reliability.csv",
    )
    parser.add_argument("--runs", type=Path, nargs="*", default=[], help="run.json of every run")
    args = parser.parse_args(argv)

    task = parse_section(args.settings, ScoredTask, where=f"tasks.{args.task}")
    scores: list[Score] = []
    calibrated: list[CalibratedRun] = []
    for path in args.runs:
        run = json.loads(path.read_text(encoding="utf-8"))
        predictions = read_predictions(path.with_name("predictions.csv"), task.kind)
        scores += score_run(predictions, run, task)
        calibrated.append(_calibration(path.with_name(FILE), run))

    utterances = read_rows(args.utterances, Utterance)
    dialogue_of = {row.utterance_id: row.dialogue_id for row in utterances}
    labels, splits = read_rows(args.labels, Label), read_rows(args.splits, SplitRow)
    rates = in_order(score.rate for score in scores)
    for fold in sorted({score.fold for score in scores}):
        roles = labels_of_roles(fold, labels, splits, dialogue_of)
        scores += floor_rows(args.task, fold, roles, task, rates)

    write_rows(args.out, scores, Score)
    write_rows(args.out_reliability, reliability_rows(calibrated), ReliabilityRow)
    print(f"done: {counted(len(scores), 'number')} of {counted(len(args.runs), 'run')}")


def _calibration(path: Path, run: dict[str, Any]) -> CalibratedRun:
    found = parse_section(path.read_text(encoding="utf-8"), Calibration, where=str(path))
    names = str(run["task"]), str(run["method"]), str(run["train_rate"])
    return CalibratedRun(*names, fold=int(run["fold"]), calibration=found)


if __name__ == "__main__":
    main()
