"""Stage check_tasks: can the tasks of a corpus be laid on its tables? Asked before any decoding.

Writes, by task, which annotation values gave labels and which gave none, for the report.
"""

from dataclasses import asdict
from typing import Any

from pipeline.base.files import write_json
from pipeline.base.records import Annotation, Utterance
from pipeline.base.tables import read_rows
from pipeline.config.settings import Section, parse_section
from pipeline.config.tasks import LabeledTask
from pipeline.protocol.errors import ProtocolError
from pipeline.protocol.playing import play
from pipeline.protocol.splits import ProtocolName
from pipeline.stages.options import stage_parser


class CheckTasksSettings(Section):
    """What the rule hands over as JSON."""

    tasks: dict[str, LabeledTask]
    protocol: ProtocolName


def main(argv: list[str] | None = None) -> None:
    """Read the command line, play every task, write the accounts."""
    parser = stage_parser(
        __doc__,
        *("utterances", "annotations"),
        settings="JSON of the tasks and the protocol",
        out="tasks.json",
    )
    args = parser.parse_args(argv)

    settings = parse_section(args.settings, CheckTasksSettings, where="")
    utterances = read_rows(args.utterances, Utterance)
    annotations = read_rows(args.annotations, Annotation)
    accounts: dict[str, Any] = {}
    errors = []
    for name, task in settings.tasks.items():
        try:
            played = play(task, utterances, annotations, settings.protocol)
        except ProtocolError as error:
            errors.append(f"error: tasks.{name}: {error}")
            continue
        accounts[name] = {**asdict(played.account), "notes": played.notes}
        print(f"{name}: " + f"\n{name}: ".join(played.lines(task)))
    if errors:
        raise SystemExit("\n".join(errors))
    write_json(args.out, accounts)
    print(f"done: tasks that fit the tables: {', '.join(accounts) or 'none is asked for'}")


if __name__ == "__main__":
    main()
