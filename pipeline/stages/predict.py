"""Stage predict: a trained run on the test role of its fold, at every missing rate asked for."""

import argparse
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.base.arrays import ArraysError
from pipeline.config.settings import parse_section
from pipeline.conversations.inference import predict_rates
from pipeline.conversations.reading import read_fold, read_rates, read_stores
from pipeline.evaluation.predict import write_predictions
from pipeline.protocol.selection import TaskKind, weighted_f1
from pipeline.stages.options import stage_parser
from pipeline.training.devices import DeviceError, ready_device
from pipeline.training.randomness import seed_torch
from pipeline.training.restored import restore_run
from pipeline.training.settings import PredictSettings


def main(argv: list[str] | None = None) -> None:
    """Read the command line, rebuild the learner, predict, write."""
    args = _parser().parse_args(argv)
    settings = parse_section(args.settings, PredictSettings, where="")
    tables = read_fold(args.utterances, args.labels, args.splits, args.fold)
    try:
        device = ready_device(args.device, args.threads)
        stores = read_stores(args.features, tables.utterances)
        run = restore_run(
            args.weights, args.run, tables, stores, settings.task, settings.method, device
        )
    except (ArraysError, DeviceError) as error:
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
    parser = stage_parser(
        __doc__,
        *("utterances", "labels", "splits", "features", "availability", "weights", "run"),
        *("fold", "seed", "threads", "device"),
        settings="JSON of task, method, rates",
        out="predictions.csv",
    )
    return parser


if __name__ == "__main__":
    main()
