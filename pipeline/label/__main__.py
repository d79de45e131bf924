r"""Labels for a new corpus from a finished run.

    python -m pipeline.label build/demo4/runs/iteacnet/0.7/fold0_seed0 \
        --corpus build/clips --out labels.csv

Reads the run's weights and run.json, and of the corpus utterances.csv and features/, as the
workflow makes them (`configs/clips.yaml` for a folder of videos; no labels, no task). Predicts
every utterance of every dialogue from all that was found of it. An utterance of which nothing was
found gets a row without a label.
"""

import argparse
import os
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from pipeline.arrays import ArraysError
from pipeline.conversations.dataset import standardize, unlabelled_conversations
from pipeline.conversations.inference import predict_rates
from pipeline.features.store import StoreError
from pipeline.label.corpus import Corpus, check_limits, read_corpus, warn
from pipeline.label.errors import LabelError
from pipeline.label.table import write_labels
from pipeline.label.trained import TrainedRun, read_run
from pipeline.records import MODALITIES
from pipeline.tables import TableError
from pipeline.training.randomness import make_deterministic, seed_torch
from pipeline.training.session import choose_device


def main(argv: list[str] | None = None) -> None:
    """Read the command line, bring run and corpus together, write the labels."""
    args = _parse(argv)
    try:
        label(args.run, args.corpus, args.out, args.device, args.threads)
    except (LabelError, ArraysError, StoreError, TableError, OSError) as error:
        raise SystemExit(f"error: {error}") from None


def label(run_folder: Path, corpus_folder: Path, out: Path, device: str, n_threads: int) -> None:
    """Label the corpus by the run, write `out`."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    place = _device(device)
    make_deterministic(n_threads, place)
    run = read_run(run_folder)
    corpus = read_corpus(corpus_folder, run.facts)
    check_limits(run.learner, run.facts, corpus.index)
    outputs, found = predict(run, corpus, place), corpus.found
    _say_what_outputs_mean(run)
    classes, has_probabilities = run.facts.task.classes, run.learner.gives_logits
    write_labels(out, corpus.index, outputs, found, classes, has_probabilities)
    print(f"{found.any(axis=1).sum()} of {len(found)} utterances have a label in {out}")


def predict(run: TrainedRun, corpus: Corpus, device: torch.device) -> NDArray[np.float32]:
    """(N, C) outputs for all utterances in line, nothing withheld."""
    stores = standardize(corpus.stores, run.standardization)
    conversations = unlabelled_conversations(corpus.index, stores).to(device)
    masks = np.ones((1, len(corpus.index.store_rows), len(MODALITIES)), dtype=bool)
    dialogues = np.arange(len(corpus.index.lengths))
    learner = run.learner.to(device)
    outputs: NDArray[np.float32] = predict_rates(
        learner, conversations, dialogues, masks, lambda: seed_torch(run.facts.seed, "predict")
    )[0]
    if not np.isfinite(outputs).all():
        raise LabelError("the run's network gives NaN or infinity for this corpus: no labels")
    return outputs


def _say_what_outputs_mean(run: TrainedRun) -> None:
    model = run.facts.method.model
    if run.learner.sees_padding:
        warn("`padding: published`: an utterance's label depends on the other dialogues too")
    if run.facts.task.classes and not run.learner.gives_logits:
        warn(f"{model} compares classes by inner products: the table has no probabilities")
    elif not run.learner.gives_logits:
        warn(f"{model} predicts a sign: the size of its numbers says nothing")


def _device(name: str) -> torch.device:
    try:
        device = choose_device(name)
    except RuntimeError:
        raise LabelError(f"--device {name}: use auto, cpu, cuda or cuda:N") from None
    n_gpus = torch.cuda.device_count()
    if device.type not in ("cpu", "cuda"):
        raise LabelError(f"--device {name}: use auto, cpu, cuda or cuda:N")
    if device.type == "cuda" and (device.index or 0) >= n_gpus:
        raise LabelError(f"--device {name}: torch sees {n_gpus} GPUs here; use auto or cpu")
    return device


def _n_threads(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of threads, 1 or more")
    return int(text)


def _parse(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m pipeline.label",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "run", type=Path, metavar="RUN", help="build/TASK/runs/METHOD/RATE/foldN_seedN"
    )
    parser.add_argument(
        "--corpus", type=Path, required=True, help="folder of utterances.csv and features/"
    )
    parser.add_argument("--out", type=Path, required=True, help="the table of labels, a CSV")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N")
    parser.add_argument("--threads", type=_n_threads, default=1, help="CPU threads of torch")
    return parser.parse_args(argv)


if __name__ == "__main__":
    main()
