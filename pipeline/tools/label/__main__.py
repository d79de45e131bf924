r"""Labels for new videos from finished runs, on a time line that opens in a browser.

    python -m pipeline label build/demo4/runs/iteacnet/0.7/fold*_seed0 build/clips --out labels
    python -m pipeline label build/clips --model faces --out labels

Reads the runs' weights, run.json and calibration.json, and of the corpus utterances.csv and
features/, as the workflow makes them (`configs/clips.yaml` for a folder of videos; no labels, no
task). Several runs are averaged, and the table says how far they disagree. FOLDER gets labels.csv,
labels.json (where the labels come from), timeline.html, which opens in a browser, and .vtt, .srt,
.eaf and .TextGrid of each media file. `--model faces` needs no run: it is what a pretrained network
says of faces alone.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import torch

from pipeline.base.arrays import ArraysError
from pipeline.base.devices import DeviceError
from pipeline.base.errors import CheckpointError
from pipeline.base.files import UnsafePathError
from pipeline.base.tables import TableError
from pipeline.features.faces.crops import CropsError
from pipeline.features.store import StoreError
from pipeline.tools.label.corpus import warn
from pipeline.tools.label.errors import LabelError
from pipeline.tools.label.faces import LINES, NAME, label_faces
from pipeline.tools.label.labelling import label_corpus
from pipeline.tools.label.origin import SYNTHETIC, origin_facts, origin_lines
from pipeline.tools.label.output import Source, write_folder
from pipeline.tools.label.trained import read_run
from pipeline.tools.options import command_parser
from pipeline.training.devices import ready_device

FAULTS = (
    *(LabelError, DeviceError, ArraysError, StoreError, TableError, UnsafePathError),
    *(CheckpointError, CropsError, OSError),
)


def main(argv: list[str] | None = None) -> None:
    """Read the command line, bring runs and corpus together, write the labels."""
    args = _parse(argv)
    try:
        device = ready_device(args.device, args.threads)
        if args.model == NAME:
            _by_faces(args, device)
        else:
            _by_runs(args, device)
    except FAULTS as error:
        raise SystemExit(f"error: {error}") from None


def _by_runs(args: argparse.Namespace, device: torch.device) -> None:
    runs = [read_run(folder, args.trust) for folder in args.runs]
    lines = list(origin_lines(runs))
    source = Source(lines, origin_facts(runs), lines[0] == SYNTHETIC, args.risk)
    _say(lines)
    labelled = label_corpus(runs, args.source, device, args.risk)
    kinds = labelled.names or runs[0].facts.task.classes
    write_folder(args.out, labelled, source, kinds, args.videos or args.out)


def _by_faces(args: argparse.Namespace, device: torch.device) -> None:
    _say(LINES)
    labelled = label_faces(args.source, args.cache, device)
    source = Source(LINES, [{"model": "mini-xception", "corpus": "FER-2013"}], warns_first=True)
    write_folder(args.out, labelled, source, labelled.names, args.videos or args.out)


def _say(lines: Sequence[str]) -> None:
    for line in lines:
        warn(line)


def _n_threads(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of threads, 1 or more")
    return int(text)


def _risk(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a share of wrong labels, 0 to below 1")
    return value


def _parse(argv: list[str] | None) -> argparse.Namespace:
    parser = command_parser("label", __doc__)

    parser.add_argument(
        *("runs",),
        type=Path,
        nargs="*",
        metavar="RUN",
        help="build/TASK/runs/METHOD/RATE/foldN_seedN",
    )
    parser.add_argument("source", type=Path, metavar="SOURCE", help="build/CORPUS")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="what is written")
    parser.add_argument(
        "--risk", type=_risk, help="no label where it is wrong with a higher probability, e.g. 0.3"
    )
    parser.add_argument(
        "--videos", type=Path, help="folder of the videos, which the page links; default: FOLDER"
    )
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N")
    parser.add_argument("--threads", type=_n_threads, default=1, help="CPU threads of torch")
    parser.add_argument(
        *("--trust",),
        action="append",
        default=[],
        metavar="MODULE",
        help="a module of your own that a run may name",
    )
    parser.add_argument(
        *("--model",), choices=[NAME], help="no RUN: a pretrained network, by faces alone"
    )
    parser.add_argument(
        *("--cache",),
        type=Path,
        default=Path("cache"),
        help="--model: of the workflow; default: cache",
    )
    args = parser.parse_args(argv)
    if bool(args.runs) == bool(args.model):
        parser.error("name one RUN or more and a SOURCE, or --model and a SOURCE alone")
    if args.model and args.risk is not None:
        parser.error("--risk needs calibrated probabilities, and --model has none")
    return args


if __name__ == "__main__":
    main()
