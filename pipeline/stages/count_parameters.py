"""Stage count_parameters: every model at the paper's sizes -> parameters.csv (paper Table 5)."""

from pipeline.base.tables import write_rows
from pipeline.stages.options import stage_parser
from pipeline.training.published_sizes import ParameterRow, parameter_rows


def main(argv: list[str] | None = None) -> None:
    """Read the command line, build, count, write."""
    args = stage_parser(__doc__, "out").parse_args(argv)
    rows = parameter_rows()
    write_rows(args.out, rows, ParameterRow)
    for row in rows:
        print(f"{row.model} {row.module}: {row.parameters:,} (paper {row.published})")
    print(f"done: {len(rows)} networks at the paper's sizes")


if __name__ == "__main__":
    main()
