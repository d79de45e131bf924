r"""Labels for a new corpus from a finished run.

    python -m pipeline label build/demo4/runs/iteacnet/0.7/fold0_seed0 \
        --corpus build/clips --out labels.csv

Reads the run's weights and run.json, and of the corpus utterances.csv and features/, as the
workflow makes them (`configs/clips.yaml` for a folder of videos; no labels, no task). Predicts
every utterance of every dialogue from all that was found of it. An utterance of which nothing was
found, or whose dialogue the network cannot take, gets a row with a reason instead of a label.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from pipeline.base.arrays import ArraysError
from pipeline.base.devices import DeviceError
from pipeline.base.files import UnsafePathError
from pipeline.base.records import MODALITIES
from pipeline.base.tables import TableError
from pipeline.base.wording import counted
from pipeline.conversations.dataset import standardize, unlabelled_conversations
from pipeline.conversations.index import IntArray
from pipeline.conversations.inference import predict_rates
from pipeline.features.store import StoreError
from pipeline.tools.label.corpus import Corpus, misfits, read_corpus, warn
from pipeline.tools.label.errors import LabelError
from pipeline.tools.label.table import LabelRow, label_rows, write_labels
from pipeline.tools.label.timelines import FORMATS, write_timelines
from pipeline.tools.label.trained import TrainedRun, read_run
from pipeline.tools.options import command_parser
from pipeline.training.devices import ready_device
from pipeline.training.randomness import seed_torch

NOTHING_FOUND = "nothing found in any modality"
FAULTS = (
    *(LabelError, DeviceError, ArraysError, StoreError, TableError, UnsafePathError),
    OSError,
)
WAY_OUT = "give parts of it a `dialogue_id` each, or choose a run of another method"


def main(argv: list[str] | None = None) -> None:
    """Read the command line, bring run and corpus together, write the labels."""
    args = _parse(argv)
    try:
        place = ready_device(args.device, args.threads)
        label(args.run, args.corpus, args.out, place, args.model, args.timelines)
    except FAULTS as error:
        raise SystemExit(f"error: {error}") from None


def label(
    run_folder: Path,
    corpus_folder: Path,
    out: Path,
    device: torch.device,
    trusted: Sequence[str] = (),
    timelines: Path | None = None,
) -> None:
    """Label the corpus by the run, write `out`, and time lines if they are asked for."""
    run = read_run(run_folder, trusted)
    corpus = read_corpus(corpus_folder, run.facts)

    dialogues, reasons = _fitting(run, corpus)
    outputs = predict(run, corpus, dialogues, device)
    _say_what_outputs_mean(run)
    _say_what_goes_unheard(run, corpus)

    is_sure, center = run.learner.gives_logits, run.facts.center or 0.0
    classes = tuple(run.facts.task.classes)
    line = label_rows(corpus, outputs, reasons, classes, has_probabilities=is_sure, center=center)
    rows = list(line)
    write_labels(out, rows, classes if is_sure else ())
    n_labels = sum(not reason for reason in reasons)
    print(f"{n_labels} of {len(reasons)} utterances have a label in {out}")
    if timelines is not None:
        _write_timelines(timelines, rows)


def _write_timelines(folder: Path, rows: Sequence[LabelRow]) -> None:
    cues = [cue for row in rows if (cue := row.cue) is not None]
    if len(cues) < len(rows):
        warn(
            f"{counted(len(rows) - len(cues), 'utterance has', 'utterances have')} no file or no "
            "known end: on no time line"
        )
    n_files = write_timelines(folder, cues)
    print(f"{counted(n_files, 'file has', 'files have')} {', '.join(FORMATS)} in {folder}")


def predict(
    run: TrainedRun, corpus: Corpus, dialogues: IntArray, device: torch.device
) -> NDArray[np.float32]:
    """(N, C) outputs for the line of utterances, nothing withheld; NaN outside of `dialogues`."""
    stores = standardize(corpus.stores, run.standardization)
    conversations = unlabelled_conversations(corpus.index, stores).to(device)
    n_line = len(corpus.index.store_rows)
    masks = np.ones((1, n_line, len(MODALITIES)), dtype=bool)

    learner = run.learner.to(device)
    found = predict_rates(
        learner, conversations, dialogues, masks, lambda: seed_torch(run.facts.seed, "predict")
    )[0]
    if not np.isfinite(found).all():
        raise LabelError("the run's network gives NaN or infinity for this corpus: no labels")

    outputs = np.full((n_line, found.shape[1]), np.nan, dtype=np.float32)
    outputs[corpus.index.utterances_of(dialogues)] = found
    return outputs


def _fitting(run: TrainedRun, corpus: Corpus) -> tuple[IntArray, list[str]]:
    """Dialogues to predict, and for each utterance in line why it gets no label, "" if it does."""
    index = corpus.index
    refused = misfits(run.learner, index)
    texts = [
        f"dialogue {index.dialogue_ids[number]!s} has {why}" for number, why in refused.items()
    ]

    if len(refused) == len(index.lengths):
        raise LabelError(f"{texts[0]}: {WAY_OUT}")
    for text in texts:
        warn(f"no labels, {text}: {WAY_OUT}")

    reasons = ["" if any(there) else NOTHING_FOUND for there in corpus.found]
    for number, why in refused.items():
        for place in index.utterances_of(np.array([number])):
            reasons[place] = f"dialogue of {why}"
    return np.setdiff1d(np.arange(len(index.lengths)), list(refused)), reasons


def _say_what_outputs_mean(run: TrainedRun) -> None:
    model = run.facts.method.model
    if run.learner.sees_padding:
        warn("`padding: published`: an utterance's label depends on the other dialogues too")
    if run.facts.task.classes and not run.learner.gives_logits:
        warn(f"{model} compares classes by inner products: the table has no probabilities")
    elif not run.learner.gives_logits:
        warn(f"{model} predicts a sign: the size of its numbers says nothing")
    if not run.facts.task.classes and run.facts.center is None:
        warn(
            "run.json is of an earlier version and does not say its task's `center`: labels are "
            "distances to it"
        )


def _say_what_goes_unheard(run: TrainedRun, corpus: Corpus) -> None:
    """ITEACNet's fusion asks with the text: docs/equations.md, where it is blind."""
    hub = run.learner.blind_without
    if hub is None:
        return
    found = corpus.found
    n_unheard = int((found.any(axis=1) & ~found[:, MODALITIES.index(hub)]).sum())
    if n_unheard:
        warn(
            f"{n_unheard} of {len(found)} utterances have no {hub}: {run.facts.method.model} tells "
            "them by a mean over their dialogue, not by their own voice and face; a run with "
            "`fusion: aligned`, or of another method, hears these"
        )


def _n_threads(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of threads, 1 or more")
    return int(text)


def _parse(argv: list[str] | None) -> argparse.Namespace:
    parser = command_parser("label", __doc__)
    parser.add_argument(
        "run", type=Path, metavar="RUN", help="build/TASK/runs/METHOD/RATE/foldN_seedN"
    )
    parser.add_argument(
        "--corpus", type=Path, required=True, help="folder of utterances.csv and features/"
    )

    parser.add_argument("--out", type=Path, required=True, help="the table of labels, a CSV")
    parser.add_argument(
        "--timelines", type=Path, metavar="FOLDER", help=f"also {', '.join(FORMATS)} of each file"
    )
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N")
    parser.add_argument("--threads", type=_n_threads, default=1, help="CPU threads of torch")
    parser.add_argument(
        *("--model",), nargs="+", default=[], help="modules of your own that a run may name"
    )
    return parser.parse_args(argv)


if __name__ == "__main__":
    main()
