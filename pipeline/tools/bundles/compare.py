"""Two studies in one paired test, over what coincides in them; the rest is refused and counted.

    python -m pipeline compare before.zip after.zip
    python -m pipeline compare configs/mine.yaml two.zip --all --out differences.csv

A and B are bundles, folders of reports, or configurations whose results lie in build/. Paired are
methods of the same name (--all: each of A with each of B), over the folds in which every dialogue
has the same role and every utterance the same label, and the conditions under which the stored
masks are the same: on average over missing rates, then under each other one (subsets, blocks, ...).
Differences are A less B. Exit code 0: something was compared, with all that was refused above it;
1: nothing coincides, or A or B cannot be read.
"""

import argparse
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pandas as pd

from pipeline.base.wording import counted
from pipeline.report.comparison import said_of_intervals
from pipeline.report.outputs import write_frame
from pipeline.tools.bundles.errors import BundleError, ending
from pipeline.tools.bundles.matching import Side, coinciding
from pipeline.tools.bundles.opening import Opened, open_study
from pipeline.tools.bundles.pairing import LETTERS, Paired, paired
from pipeline.tools.bundles.saying import in_words
from pipeline.tools.options import command_parser

WAYS = {"ume": "UME, one model under all", "ime": "IME, a model for each"}


def main(argv: list[str] | None = None) -> None:
    """Read the command line, pair, say what differs, write it."""
    args = _parse(argv)
    try:
        with tempfile.TemporaryDirectory() as name:
            rows = compare(args, Path(name))
            if args.out is not None:
                write_frame(args.out, pd.DataFrame(rows))
    except (BundleError, OSError) as error:
        raise ending(error) from None


def compare(args: argparse.Namespace, folder: Path) -> list[dict[str, object]]:
    """Print every difference; the same as rows of a table."""
    places = (args.first, args.second)
    opened = [
        open_study(place, folder / letter) for letter, place in zip(LETTERS, places, strict=True)
    ]

    rows: list[dict[str, object]] = []
    for number, (task, other) in enumerate(_tasks(args.task, opened)):
        names = zip(LETTERS, (task, other), opened, strict=True)
        ours, theirs = (Side(x, it.study, named, it.folder) for x, named, it in names)
        found = coinciding(ours, theirs)
        for line in found.refused:
            print(f"not paired: {task}: {line}")
        place = folder / f"paired{number}"
        for pairs in paired((ours, theirs), found, place, is_all=args.all):
            rows += _told(pairs, task, len(found.folds))
    if not rows:
        raise BundleError("no method of A and none of B are judged by the same evaluation")
    return rows


def _tasks(named: str | None, opened: list[Opened]) -> list[tuple[str, str]]:
    """Tasks of the one and of the other: those of one name, or those that are named."""
    ours, theirs = (it.study.tasks for it in opened)
    if named is None:
        if not (same := [name for name in ours if name in theirs]):
            raise BundleError(
                f"A has the tasks {', '.join(ours)}, B {', '.join(theirs)}: name those that belong "
                "together, --task OF_A=OF_B"
            )
        return [(name, name) for name in same]

    first, _, second = named.partition("=")
    for letter, tasks, name in (("A", ours, first), ("B", theirs, second or first)):
        if name not in tasks:
            raise BundleError(f"{letter} has no task {name!r}, only {', '.join(tasks)}")
    return [(first, second or first)]


def _told(pairs: Paired, task: str, n_folds: int) -> Iterator[dict[str, object]]:
    """Print the differences of an evaluation; yield them."""
    results, measure = pairs.results, pairs.results.measure
    of_all = {"task": task, "evaluation": pairs.way, "metric": measure.metric}
    what = f"{task}, {WAYS[pairs.way]}: {measure.label}{measure.unit}, A less B"
    seeds = f"seeds {', '.join(map(str, pairs.seeds))}" if pairs.seeds else "no seed in common"
    runs = f"{counted(n_folds, 'fold')}, {seeds}"

    if pairs.rates:
        over = ", ".join(pairs.rates)
        print(f"{what}, on average over {over}; {runs}")
    for pair in pairs.over_rates():
        print(f"  {in_words(pair, measure)}")
        yield {**asdict(pair), **of_all, "under": over}

    others = pairs.under_others()
    if others:
        print(f"{what}, under each other condition; {runs}")
    for condition, pair in others:
        print(f"  {condition}: {in_words(pair, measure)}")
        yield {**asdict(pair), **of_all, "under": condition}
    first = pairs.pairs[0][0], pairs.way, pairs.conditions[0]
    print(said_of_intervals(results.n_dialogues(*first)))


def _parse(argv: list[str] | None) -> argparse.Namespace:
    parser = command_parser("compare", __doc__)
    what = "NAME.zip, build/report/NAME or configs/NAME.yaml"
    parser.add_argument("first", type=Path, metavar="A", help=what)
    parser.add_argument("second", type=Path, metavar="B", help="the same")
    parser.add_argument(
        "--task", metavar="NAME[=OTHER]", help="of A, and of B; default: of one name"
    )
    parser.add_argument("--all", action="store_true", help="each method of A with each of B")
    parser.add_argument("--out", type=Path, metavar="FILE.csv", help="the same numbers as a table")
    return parser.parse_args(argv)


if __name__ == "__main__":
    main()
