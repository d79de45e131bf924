r"""Labels for new videos from finished runs, on a time line that opens in a browser.

    python -m pipeline label build/demo4/runs/iteacnet/0.7/fold*_seed0 interview.mp4 --out labels
    python -m pipeline label build/demo4/runs/iteacnet/0.7/fold0_seed0 build/clips --out labels
    python -m pipeline label interview.mp4 --model faces --out labels

SOURCE is a video, a folder of videos, or build/CORPUS. Of videos that nobody has prepared the
workflow finds utterances, speakers and words (a table or transcript beside them wins), and encodes
them as the runs' own corpora were encoded; all that lies in FOLDER/build, and a second call goes on
where the first was stopped. Several runs are averaged, and the table says how far they disagree.
FOLDER gets labels.csv and the same as labels.parquet, labels.json (where the labels come from),
timeline.html, which opens in a browser, and .vtt, .srt, .eaf and .TextGrid of each media file.
The page links the videos; `--copies` writes small ones beside it that every browser plays.
`--model faces` needs no run: it is what a pretrained network says of faces alone.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import torch

from pipeline.base.arrays import ArraysError
from pipeline.base.devices import DeviceError
from pipeline.base.errors import CheckpointError, SettingsError
from pipeline.base.files import UnsafePathError
from pipeline.base.tables import TableError
from pipeline.features.faces.crops import CropsError
from pipeline.features.store import StoreError
from pipeline.tools.label.corpus import warn
from pipeline.tools.label.errors import LabelError
from pipeline.tools.label.faces import LINES, NAME, label_faces
from pipeline.tools.label.labelling import check_runs, label_corpus
from pipeline.tools.label.origin import SYNTHETIC, origin_facts, origin_lines
from pipeline.tools.label.output import LabelSource, write_folder
from pipeline.tools.label.preparing import PRESET, Wanted, prepared
from pipeline.tools.label.trained import read_run
from pipeline.tools.options import add_configuration, command_parser
from pipeline.training.devices import ready_device

FAULTS = (
    *(LabelError, DeviceError, ArraysError, StoreError, TableError, UnsafePathError),
    *(CheckpointError, SettingsError, CropsError, OSError),
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
    source = LabelSource(lines, origin_facts(runs), lines[0] == SYNTHETIC, args.risk)
    _say(lines)
    check_runs(runs, args.risk)
    corpus = prepared(args.source, args.out, _asked(args), runs)
    labelled = label_corpus(runs, corpus.folder, device, args.risk)
    kinds = labelled.names or runs[0].facts.task.classes
    videos = args.videos or corpus.videos
    write_folder(args.out, labelled, source, kinds, videos, has_copies=args.copies)


def _by_faces(args: argparse.Namespace, device: torch.device) -> None:
    _say(LINES)
    corpus = prepared(args.source, args.out, _asked(args))
    labelled = label_faces(corpus.folder, args.cache, device)
    source = LabelSource(
        LINES, [{"model": "mini-xception", "corpus": "FER-2013"}], warns_first=True
    )
    videos = args.videos or corpus.videos
    write_folder(args.out, labelled, source, labelled.names, videos, has_copies=args.copies)


def _asked(args: argparse.Namespace) -> Wanted:
    return Wanted(args.configfile, args.config, args.cache, args.cores)


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
    parser.add_argument(
        *("source",),
        type=Path,
        metavar="SOURCE",
        help="a video, a folder of videos, or build/CORPUS",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="what is written")
    parser.add_argument(
        "--risk", type=_risk, help="no label where it is wrong with a higher probability, e.g. 0.3"
    )
    parser.add_argument(
        *("--videos",),
        type=Path,
        help="folder of the videos, which the page links; default: SOURCE, or FOLDER for a corpus",
    )
    parser.add_argument(
        *("--copies",),
        action="store_true",
        help="small copies of the media in FOLDER/copies, which every browser plays (.webm)",
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
        *("--cache",), type=Path, default=Path("cache"), help="of the workflow; default: cache"
    )
    add_configuration(parser, PRESET, "how videos are prepared; default: configs/interview.yaml")
    parser.add_argument(
        "--cores", type=_n_threads, help="CPU cores that prepare them; default: all"
    )
    args = parser.parse_args(argv)
    if bool(args.runs) == bool(args.model):
        parser.error("name one RUN or more and a SOURCE, or --model and a SOURCE alone")
    if args.model and args.risk is not None:
        parser.error("--risk needs calibrated probabilities, and --model has none")
    return args


if __name__ == "__main__":
    main()
