"""Stage count_parameters: every model at the paper's sizes -> parameters.csv (paper Table 5).

Sizes: features 512, 1024, 1024; four-class IEMOCAP, 110 utterances, two speakers (reading.md A.4,
B.5 to B.7). What is published, and what explains a difference, says models/<method>/method.py.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module

from models.learner import TaskShape
from models.registry import find_method, learner_module, our_methods
from pipeline.base.tables import write_rows
from pipeline.stages.options import stage_parser

DIMS = {"audio": 512, "text": 1024, "visual": 1024}
IEMOCAP4 = TaskShape(DIMS, 4, "classification", 110, 2)


@dataclass(frozen=True)
class ParameterRow:
    """One row of Table 5."""

    model: str
    module: str
    parameters: int
    published: str
    note: str


def main(argv: list[str] | None = None) -> None:
    """Read the command line, build, count, write."""
    parser = stage_parser(__doc__, out="parameters.csv")
    args = parser.parse_args(argv)
    rows = parameter_rows()
    write_rows(args.out, rows, ParameterRow)
    for row in rows:
        print(f"{row.model} {row.module}: {row.parameters:,} (paper {row.published})")
    print(f"done: {len(rows)} networks at the paper's sizes")


def parameter_rows() -> list[ParameterRow]:
    """Table 5, ours beside the paper's: a row for each published size of each method."""
    return [row for name in our_methods() for row in _rows(name)]


def _rows(name: str) -> Iterator[ParameterRow]:
    info = find_method(name)
    learner = import_module(learner_module(name)).build(info.sized or info.settings(), IEMOCAP4)
    counts = learner.published_counts()
    for size in info.sizes:
        yield ParameterRow(name, size.network, counts[size.network], size.printed, size.note)


if __name__ == "__main__":
    main()
