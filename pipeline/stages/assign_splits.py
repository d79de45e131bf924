"""Stage assign_splits: utterances and annotations -> labels.csv and splits.csv of a task."""

import argparse
from collections import Counter
from pathlib import Path

from pipeline.protocol.errors import ProtocolError
from pipeline.protocol.labels import labels_of_task
from pipeline.protocol.splits import ProtocolName, assign_splits
from pipeline.records import Annotation, Label, SplitRow, Utterance
from pipeline.sections.tasks import LabeledTask
from pipeline.settings import Section, parse_section
from pipeline.tables import check_unique, read_rows, write_rows


class AssignSplitsSettings(Section):
    """What the rule hands over as JSON."""

    task: LabeledTask
    protocol: ProtocolName


def main(argv: list[str] | None = None) -> None:
    """Read the command line, assign, write, say what came out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--utterances", type=Path, required=True, help="utterances.csv")
    parser.add_argument("--annotations", type=Path, required=True, help="annotations.csv")
    parser.add_argument("--settings", required=True, help="JSON of task and protocol")
    parser.add_argument("--out-labels", type=Path, required=True, help="labels.csv")
    parser.add_argument("--out-splits", type=Path, required=True, help="splits.csv")
    args = parser.parse_args(argv)

    settings = parse_section(args.settings, AssignSplitsSettings, where="")
    utterances = read_rows(args.utterances, Utterance)
    check_unique(args.utterances, [u.utterance_id for u in utterances], "utterance_id")
    annotations = read_rows(args.annotations, Annotation)
    try:
        labels = labels_of_task(settings.task, utterances, annotations)
        splits = assign_splits(
            utterances, labels, annotations, settings.task.folds, settings.protocol
        )
    except ProtocolError as error:
        raise SystemExit(f"error: {error}") from None
    write_rows(args.out_labels, labels, Label)
    write_rows(args.out_splits, splits, SplitRow)
    print(f"{len(labels)} of {len(utterances)} utterances have a label")
    if settings.task.kind == "classification":
        counts = Counter(label.label for label in labels)
        print(", ".join(f"{name} {counts[name]}" for name in settings.task.classes))
    for (fold, role), n in sorted(Counter((row.fold, row.role) for row in splits).items()):
        print(f"fold {fold}: {n} dialogues for {role}")


if __name__ == "__main__":
    main()
