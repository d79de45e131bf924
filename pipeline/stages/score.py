"""Stage score: predictions of every run of a task -> scores.csv, one number per row."""

import json
from pathlib import Path

from pipeline.base.records import Label, SplitRow, Utterance
from pipeline.base.tables import read_rows, write_rows
from pipeline.base.wording import counted
from pipeline.config.settings import parse_section
from pipeline.config.tasks import ScoredTask
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
    )
    parser.add_argument("--runs", type=Path, nargs="*", default=[], help="run.json of every run")
    args = parser.parse_args(argv)

    task = parse_section(args.settings, ScoredTask, where=f"tasks.{args.task}")
    scores: list[Score] = []
    for path in args.runs:
        run = json.loads(path.read_text(encoding="utf-8"))
        predictions = read_predictions(path.with_name("predictions.csv"), task.kind)
        scores += score_run(predictions, run, task)

    utterances = read_rows(args.utterances, Utterance)
    dialogue_of = {row.utterance_id: row.dialogue_id for row in utterances}
    labels, splits = read_rows(args.labels, Label), read_rows(args.splits, SplitRow)
    rates = in_order(score.rate for score in scores)
    for fold in sorted({score.fold for score in scores}):
        roles = labels_of_roles(fold, labels, splits, dialogue_of)
        scores += floor_rows(args.task, fold, roles, task, rates)

    write_rows(args.out, scores, Score)
    print(f"done: {counted(len(scores), 'number')} of {counted(len(args.runs), 'run')}")


if __name__ == "__main__":
    main()
