"""Stage assign_splits: utterances and annotations -> labels.csv and splits.csv of a task."""

from pipeline.base.records import Annotation, Label, SplitRow
from pipeline.base.tables import read_rows, read_utterances, write_rows
from pipeline.base.wording import counted
from pipeline.config.settings import Section, parse_section
from pipeline.config.tasks import LabeledTask, ProtocolName
from pipeline.protocol.errors import ProtocolError
from pipeline.protocol.playing import play
from pipeline.stages.options import stage_parser


class AssignSplitsSettings(Section):
    """What the rule hands over as JSON."""

    task: LabeledTask
    protocol: ProtocolName
    n_folds_tested: int | None = None  # every dialogue tests in each of so many folds
    only: tuple[int, ...] = ()  # folds that are to run; () = all


def main(argv: list[str] | None = None) -> None:
    """Read the command line, assign, write, say what came out."""
    args = stage_parser(
        __doc__, "task utterances annotations settings out-labels out-splits"
    ).parse_args(argv)

    settings = parse_section(args.settings, AssignSplitsSettings, where="")
    utterances = read_utterances(args.utterances)
    annotations = read_rows(args.annotations, Annotation)

    try:
        told = settings.protocol, settings.n_folds_tested, settings.only
        played = play(settings.task, utterances, annotations, *told)
    except ProtocolError as error:
        raise SystemExit(f"error: tasks.{args.task}: {error}") from None
    write_rows(args.out_labels, played.labels, Label)
    write_rows(args.out_splits, played.splits, SplitRow)

    print("\n".join(played.lines(settings.task)))
    n_folds = len({row.fold for row in played.splits})
    print(
        f"done: {len(played.labels)} of {len(utterances)} utterances have a label, "
        f"{counted(n_folds, 'fold')}"
    )


if __name__ == "__main__":
    main()
