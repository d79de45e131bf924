"""Stage predict: a trained run on the test role of its fold, at every missing rate asked for."""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from pipeline.base.arrays import ArraysError
from pipeline.config.settings import parse_section
from pipeline.conversations.inference import predict_rates
from pipeline.conversations.reading import read_fold, read_rates, read_stores
from pipeline.evaluation.predict import write_predictions
from pipeline.protocol.selection import TaskKind, weighted_f1
from pipeline.training.randomness import make_deterministic, seed_torch
from pipeline.training.restored import restore_run
from pipeline.training.session import choose_device
from pipeline.training.settings import PredictSettings


def main(argv: list[str] | None = None) -> None:
    """Read the command line, rebuild the learner, predict, write."""
    args = _parser().parse_args(argv)
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    device: torch.device = choose_device(args.device)
    make_deterministic(args.threads, device)
    settings = parse_section(args.settings, PredictSettings, where="")
    tables = read_fold(args.utterances, args.labels, args.splits, args.fold)
    try:
        stores = read_stores(args.features, tables.utterances)
        run = restore_run(
            args.weights, args.run, tables, stores, settings.task, settings.method, device
        )
    except ArraysError as error:
        raise SystemExit(f"error: {error}") from None
    index, test = run.index, run.test
    rates = [float(rate) for rate in settings.rates]
    masks = read_rates(args.availability, rates, args.fold, tables.labels, index, test)
    outputs = predict_rates(
        run.learner, run.conversations, test, masks, lambda: seed_torch(args.seed, "predict")
    )
    places = index.utterances_of(test)
    write_predictions(
        args.out,
        settings.rates,
        index.utterance_ids[places].tolist(),
        index.dialogue_of_utterances()[places].tolist(),
        [tables.labels[row].label for row in index.label_rows[places]],
        outputs,
        tuple(settings.task.classes),
    )
    target = run.conversations.labels.cpu().numpy()[places]
    print(f"done: {len(places)} utterances, {describe(settings.task.kind, target, outputs, rates)}")


def describe(
    kind: TaskKind, target: NDArray[Any], outputs: NDArray[np.float32], rates: Sequence[float]
) -> str:
    """How good outputs (R, N, C) are at the first and the last rate, in words."""
    told = []
    for rate, output in list(zip(rates, outputs, strict=True))[:: max(len(rates) - 1, 1)]:
        if kind == "classification":
            score = f"{100 * weighted_f1(target, output.argmax(axis=1)):.1f} %"
        else:
            score = f"{np.abs(output[:, 0] - target).mean():.3f}"
        told.append(f"{score} at missing rate {rate}")
    metric = "weighted F1" if kind == "classification" else "mean absolute error"
    return f"{metric} {', '.join(told)}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--utterances", type=Path, required=True, help="utterances.csv")
    parser.add_argument("--labels", type=Path, required=True, help="labels.csv")
    parser.add_argument("--splits", type=Path, required=True, help="splits.csv")
    parser.add_argument("--features", type=Path, nargs="+", required=True, help="one per modality")
    parser.add_argument("--availability", type=Path, nargs="+", required=True, help="stored masks")
    parser.add_argument("--weights", type=Path, required=True, help="weights.safetensors")
    parser.add_argument("--run", type=Path, required=True, help="run.json")
    parser.add_argument("--settings", required=True, help="JSON of task, method, rates")
    parser.add_argument("--fold", type=int, required=True, help="fold of splits.csv")
    parser.add_argument("--seed", type=int, required=True, help="seed of the run")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads of torch")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N")
    parser.add_argument("--out", type=Path, required=True, help="predictions.csv")
    return parser


if __name__ == "__main__":
    main()
