r"""Labels for new videos from finished runs, on a time line that opens in a browser.

    python -m pipeline label build/demo4/runs/iteacnet/0.7/fold*_seed0 build/clips --out labels

Reads the runs' weights, run.json and calibration.json, and of the corpus utterances.csv and
features/, as the workflow makes them (`configs/clips.yaml` for a folder of videos; no labels, no
task). Several runs are averaged, and the table says how far they disagree. FOLDER gets labels.csv,
labels.json (where the labels come from), timeline.html, which opens in a browser, and .vtt, .srt,
.eaf and .TextGrid of each media file.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import torch

from pipeline.base.arrays import ArraysError
from pipeline.base.devices import DeviceError
from pipeline.base.files import UnsafePathError, write_json
from pipeline.base.tables import TableError
from pipeline.base.wording import counted
from pipeline.features.store import StoreError
from pipeline.tools.label.corpus import warn
from pipeline.tools.label.errors import LabelError
from pipeline.tools.label.labelling import Labelled, label_corpus
from pipeline.tools.label.origin import SYNTHETIC, origin_facts, origin_lines
from pipeline.tools.label.page import write_page
from pipeline.tools.label.table import columns, cues_of, write_labels
from pipeline.tools.label.timelines import FORMATS, write_timelines
from pipeline.tools.label.trained import TrainedRun, read_run
from pipeline.tools.options import command_parser
from pipeline.training.devices import ready_device

FAULTS = (
    *(LabelError, DeviceError, ArraysError, StoreError, TableError, UnsafePathError),
    OSError,
)
TABLE, SIDECAR = "labels.csv", "labels.json"


def main(argv: list[str] | None = None) -> None:
    """Read the command line, bring runs and corpus together, write the labels."""
    args = _parse(argv)
    try:
        place = ready_device(args.device, args.threads)
        label(args.runs, args.source, args.out, place, args.trust, args.risk, args.videos)
    except FAULTS as error:
        raise SystemExit(f"error: {error}") from None


def label(
    run_folders: Sequence[Path],
    source: Path,
    out: Path,
    device: torch.device,
    trusted: Sequence[str] = (),
    risk: float | None = None,
    videos: Path | None = None,
) -> None:
    """Label the corpus by the runs, and write all that comes of it into `out`."""
    runs = [read_run(folder, trusted) for folder in run_folders]
    lines = list(origin_lines(runs))
    for line in lines:
        print(f"note: {line}", file=sys.stderr)
    labelled = label_corpus(runs, source, device, risk)
    _write(out, runs, labelled, lines, risk)
    is_synthetic = bool(lines) and lines[0] == SYNTHETIC
    page = (labelled.rows, labelled.names or runs[0].facts.task.classes, lines, videos or out)
    write_page(out, *page, is_synthetic=is_synthetic)
    n_labels = sum(bool(row.label) for row in labelled.rows)
    print(f"{n_labels} of {len(labelled.rows)} utterances have a label in {out / TABLE}")


def _write(
    out: Path,
    runs: Sequence[TrainedRun],
    labelled: Labelled,
    lines: Sequence[str],
    risk: float | None,
) -> None:
    cues = cues_of(labelled.rows)
    if silent := len(labelled.rows) - len(cues):
        warn(
            f"{counted(silent, 'utterance has', 'utterances have')} no file or no known end: on no "
            "time line"
        )
    write_labels(out / TABLE, labelled.rows, labelled.names)
    n_files = write_timelines(out, cues)
    facts = {
        "notes": lines,
        "runs": origin_facts(runs),
        "risk": risk,
        "columns": columns(labelled.names),
        "n_utterances": len(labelled.rows),
        "n_labels": sum(bool(row.label) for row in labelled.rows),
    }
    write_json(out / SIDECAR, facts)
    if n_files:
        print(f"{counted(n_files, 'file has', 'files have')} {', '.join(FORMATS)} in {out}")


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
        nargs="+",
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
    return parser.parse_args(argv)


if __name__ == "__main__":
    main()
