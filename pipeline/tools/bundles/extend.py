"""Put another method into the paired test of a bundle, with neither the corpus nor its networks.

    python -m pipeline extend miniature.zip --method mine --predictions mine.csv --out more.zip
    python -m pipeline extend miniature.zip --method mine --study other.zip --of gru --out more.zip

The new bundle has the runs of all, every table anew, and the new method in the matrix of every
method against every other. It is refused unless ids, splits and masks coincide; what differs is
named and counted. Exit code 0: it is there; 1: it is refused. --predictions is a .csv, or an .npz
of arrays, with a row for each utterance, condition, fold and seed: columns fold, seed, rate,
utterance_id, predicted, and audio, text, visual (those of the task: 1 given, 0 withheld);
optionally score_CLASS for each class, and task where the bundle has several (docs/bundles.md).
"""

import argparse
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from pipeline.tools.bundles.adding import add_runs, add_table, with_method
from pipeline.tools.bundles.checking import contradictions
from pipeline.tools.bundles.errors import BundleError, ending, told
from pipeline.tools.bundles.matching import Side
from pipeline.tools.bundles.opening import Opened, complete, open_study
from pipeline.tools.bundles.packing import pack
from pipeline.tools.bundles.predictions import read_predictions_table
from pipeline.tools.bundles.saying import in_words, read_matrix, turned
from pipeline.tools.bundles.study import TABLES, BundledMethod, BundledRun, Study
from pipeline.tools.options import command_parser


def main(argv: list[str] | None = None) -> None:
    """Read the command line, check, add, score all anew, pack."""
    args = _parse(argv)
    try:
        if args.bundle.suffix != ".zip":
            raise BundleError(f"{args.bundle} is no bundle: `python -m pipeline bundle` makes one")
        with tempfile.TemporaryDirectory() as name:
            print(*extend(args, Path(name)), sep="\n")
    except (BundleError, OSError) as error:
        raise ending(error) from None


def extend(args: argparse.Namespace, folder: Path) -> list[str]:
    """Write the new bundle; what is to be said of it."""
    opened = open_study(args.bundle, folder / "bundle")
    if args.method in {known.name for known in opened.study.methods}:
        raise BundleError(f"{args.bundle} has a method {args.method!r} already: give another name")
    for task in opened.study.tasks:
        if wrong := next(contradictions(opened.study, task, opened.folder), ""):
            raise BundleError(f"{args.bundle} contradicts itself: {wrong}")

    method = BundledMethod(
        name=args.method,
        label=args.label or args.method,
        model=args.of or args.method,
        evaluations=(args.evaluation,),
        origin=args.by or f"elsewhere: {(args.predictions or args.study).name}",
    )
    with told(args.predictions or args.study):
        runs = _runs(args, opened, method, folder / "other")
        study = with_method(opened.study, method, runs)

    shutil.rmtree(opened.folder / TABLES)
    complete(Opened(study, opened.folder, opened.about))
    digest = pack(opened.folder, opened.about, args.out)
    said = [
        line for task in study.tasks for line in _differences(study, task, opened.folder, method)
    ]
    return [*said, f"{args.out}: sha256 of the study {digest}"]


def _runs(
    args: argparse.Namespace, opened: Opened, method: BundledMethod, folder: Path
) -> dict[str, list[BundledRun]]:
    """Runs of the new method, by task."""
    sides = {
        task: Side(args.bundle.name, opened.study, task, opened.folder)
        for task in opened.study.tasks
    }
    if args.predictions is not None:
        return {task: add_table(side, method, _table(args, side)) for task, side in sides.items()}

    other = open_study(args.study, folder)
    if lacking := sorted(sides.keys() - other.study.tasks.keys()):
        raise BundleError(f"{args.study} has no task {', '.join(lacking)}")
    name = args.of or args.method
    return {
        task: add_runs(side, Side(args.study.name, other.study, task, folder), method, name)
        for task, side in sides.items()
    }


def _table(args: argparse.Namespace, side: Side) -> pd.DataFrame:
    """The part of the table that is about a task."""
    section, has_tasks = side.bundled.settings, len(side.study.tasks) > 1
    wanted = section.sorted_modalities, side.bundled.classes
    table = read_predictions_table(args.predictions, *wanted, has_tasks=has_tasks)
    return table[table["task"] == side.task] if has_tasks else table


def _differences(study: Study, task: str, folder: Path, method: BundledMethod) -> Iterator[str]:
    """The rows of the matrix that are about the new method."""
    way = method.evaluations[0]
    path = folder / TABLES / f"{task}_matrix_{way}.csv"
    if not path.is_file():
        yield f"{task}: no other method is judged by {way}: nothing to compare it with"
        return
    measure = study.results(task, folder).measure
    for pair in read_matrix(path):
        if method.name in (pair.first, pair.second):
            own = pair if pair.first == method.name else turned(pair)
            yield f"{task}: {in_words(own, measure)}"


def _parse(argv: list[str] | None) -> argparse.Namespace:
    parser = command_parser("extend", __doc__)
    parser.add_argument("bundle", type=Path, metavar="BUNDLE", help="NAME.zip")
    parser.add_argument("--method", required=True, help="what tables call it in files")

    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--predictions", type=Path, metavar="FILE", help=".csv or .npz")
    source.add_argument(
        "--study", type=Path, help="a bundle, build/report/NAME or configs/NAME.yaml"
    )
    parser.add_argument(
        "--of", default="", metavar="NAME", help="the method in --study; as --method"
    )

    parser.add_argument("--label", default="", help="what tables print; default: --method")
    parser.add_argument(
        "--evaluation",
        choices=("ume", "ime"),
        default="ume",
        help="one model under all conditions, or one for each; default: ume",
    )
    parser.add_argument("--by", default="", help="whose predictions they are, for the card")
    parser.add_argument("--out", type=Path, required=True, help="the new bundle")
    return parser.parse_args(argv)


if __name__ == "__main__":
    main()
