"""Stage check_tasks: can the tasks of a corpus be laid on its tables? Asked before any decoding.

Writes, by task, which annotation values gave labels and which gave none, for the report.
"""

from dataclasses import asdict

from pipeline.base.files import write_json
from pipeline.protocol.fitting import fit_tasks
from pipeline.stages.options import stage_parser


def main(argv: list[str] | None = None) -> None:
    """Read the command line, play every task, write the accounts."""
    args = stage_parser(__doc__, "utterances annotations settings out").parse_args(argv)

    settings, fitting, errors = fit_tasks(args.settings, args.utterances, args.annotations)
    for name, played in fitting.items():
        print(f"{name}: " + f"\n{name}: ".join(played.lines(settings.tasks[name])))
    if errors:
        raise SystemExit("\n".join(errors))

    accounts = {
        name: {**asdict(played.account), "notes": played.notes} for name, played in fitting.items()
    }
    write_json(args.out, accounts)
    print(f"done: tasks that fit the tables: {', '.join(accounts) or 'none is asked for'}")


if __name__ == "__main__":
    main()
