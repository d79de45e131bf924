"""Says what a report found and where its page is: that of a study, or the last one made.

    python -m pipeline report
    python -m pipeline report mosi

Run it where `snakemake` runs, which makes the report; it reads results, and makes none.
"""

from pathlib import Path

from pipeline.config.report import INDEX
from pipeline.config.studies import read_cards
from pipeline.rules.terminal.endings import found
from pipeline.tools.options import command_parser

REPORTS = Path("build/report")


def main(argv: list[str] | None = None) -> None:
    """Read the command line, say what is there."""
    parser = command_parser("report", __doc__)
    parser.add_argument("study", nargs="?", help="its name; default: the last one made")
    asked = parser.parse_args(argv).study

    cards, notes = read_cards(REPORTS)
    names = [card.name for card in cards]
    if not names:
        raise SystemExit(
            f"error: {Path.cwd() / REPORTS} has no study: `snakemake --cores 8` makes one, with "
            "`--configfile FILE` if it is not that of config.yaml"
        )
    if asked is not None and asked not in names:
        raise SystemExit(f"error: {REPORTS} has no study {asked!r}, only {', '.join(names)}")

    print(*notes, *found(asked or names[0]), sep="\n")
    if len(names) > 1:
        print(f"All {len(names)} studies: {REPORTS / INDEX}")


if __name__ == "__main__":
    main()
