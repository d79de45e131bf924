r"""Labels that were corrected in ELAN, as a table of a corpus.

    python -m pipeline corrected labels --out /data/clips/utterances.csv

Reads every .labels.eaf below the folder that `python -m pipeline label` wrote. The table is that of
`reader: folder`, with an annotation `emotion`; a corrected labels.csv is such a table as it is.
"""

import argparse
from pathlib import Path

from pipeline.base.tables import write_rows
from pipeline.base.wording import counted
from pipeline.tools.label.corrected import CorrectedRow, read_corrected
from pipeline.tools.label.errors import LabelError
from pipeline.tools.options import command_parser


def main(argv: list[str] | None = None) -> None:
    """Read the command line and the files, write the table."""
    args = _parse(argv)
    try:
        if args.out.exists():
            raise LabelError(f"{args.out} is there already: name a new file")
        rows = read_corrected(args.folder)
        write_rows(args.out, rows, CorrectedRow)
    except (LabelError, OSError) as error:
        raise SystemExit(f"error: {error}") from None
    n_labels = sum(bool(row.emotion) for row in rows)
    print(f"{counted(len(rows), 'utterance')}, {n_labels} with an emotion, in {args.out}")


def _parse(argv: list[str] | None) -> argparse.Namespace:
    parser = command_parser("corrected", __doc__)
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="what `label` wrote")
    parser.add_argument("--out", type=Path, required=True, help="the table, a new CSV")
    return parser.parse_args(argv)


if __name__ == "__main__":
    main()
