"""Says what the last report found and where its page is.

    python -m pipeline report

Run it where `snakemake` runs, which makes the report; it reads results, and makes none.
"""

from pathlib import Path

from pipeline.rules.terminal.endings import REPORT, found
from pipeline.tools.options import command_parser


def main(argv: list[str] | None = None) -> None:
    """Read the command line, say what is there."""
    command_parser("report", __doc__).parse_args(argv)
    if not REPORT.is_file():
        raise SystemExit(
            f"error: {Path.cwd()} has no {REPORT}: `snakemake --cores 8` makes it, with "
            "`--configfile FILE` if it is not that of config.yaml"
        )
    print(*found(), sep="\n")


if __name__ == "__main__":
    main()
