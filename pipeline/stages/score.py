"""Stage score: predictions of every run of a task -> scores.csv, one number per row.

Beside it reliability.csv: what the probabilities of each method are worth.
"""

from pipeline.base.wording import counted
from pipeline.config.settings import parse_section
from pipeline.config.tasks import ScoredTask
from pipeline.evaluation.task_scores import TaskFiles, TestTables, write_scores
from pipeline.stages.options import TABLES, TEST_TABLES, stage_parser


def main(argv: list[str] | None = None) -> None:
    """Read the command line, score, write."""
    args = stage_parser(
        __doc__, TABLES, TEST_TABLES, "task runs settings out out-reliability"
    ).parse_args(argv)

    task = parse_section(args.settings, ScoredTask, where=f"tasks.{args.task}")
    tested = args.test_utterances, args.test_labels, args.test_splits
    files = TaskFiles(
        *(args.utterances, args.labels, args.splits, args.runs),
        tested=None if None in tested else TestTables(*tested),
    )
    n_numbers = write_scores(args.task, task, files, args.out, args.out_reliability)
    print(f"done: {counted(n_numbers, 'number')} of {counted(len(args.runs), 'run')}")


if __name__ == "__main__":
    main()
