"""Stage train: one method on one fold from one seed -> weights, history, run.json.

A run whose inputs, settings and code are known is taken from the cache; a killed one goes on from
its last checkpoint and ends with the same bytes. Wall time is no part of run.json, which is as
stable as the weights: see the rule's benchmark.
"""

import argparse
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.base.arrays import write_arrays
from pipeline.base.errors import CacheError
from pipeline.base.files import write_json
from pipeline.base.records import Role
from pipeline.config.settings import parse_section
from pipeline.conversations.reading import FoldTables, read_conditions, read_fold, read_stores
from pipeline.stages.options import stage_parser
from pipeline.training.devices import DeviceError, kind_of_device, ready_device
from pipeline.training.origins import origins
from pipeline.training.runs import RunFolder, input_digests, run_folder, versions
from pipeline.training.settings import RunSettings

SEEN: tuple[Role, ...] = ("train", "validation")


def main(argv: list[str] | None = None) -> None:
    """Read the command line, reuse or train, write."""
    args = _parser().parse_args(argv)
    settings = parse_section(args.settings, RunSettings, where="")
    tables = read_fold(args.utterances, args.labels, args.splits, args.fold)

    index = tables.visible(*SEEN)
    names = settings.validation_rates(args.train_rate)
    validation = index.numbers_of(tables.roles["validation"])
    masks = read_conditions(args.availability, names, args.fold, tables.labels, index, validation)
    try:
        kind = kind_of_device(args.device)
    except DeviceError as error:
        raise SystemExit(f"error: {error}") from None

    deciding = {
        "settings": settings.deciding(args.code),
        "inputs": input_digests(tables, SEEN, args.features, masks),
        "versions": versions(),
        "threads": args.threads,  # sums are cut into as many parts, and rounded so
        "device": kind,  # a GPU adds up in another order than a CPU
        "train_rate": args.train_rate,
        "fold": args.fold,
        "seed": args.seed,
    }

    folder = run_folder(args.cache, deciding)
    facts = folder.reuse(args.out_weights, args.out_history)
    if facts is None:
        try:
            facts = {**deciding, **_train(args, settings, tables, masks, folder)}
            folder.keep(args.out_weights, args.out_history, facts)
        except CacheError as error:
            raise SystemExit(f"error: {error}") from None
    else:
        print(f"the same run is in the cache: taken from {folder.path}")

    tested = set(tables.roles["validation"]) == set(tables.roles["test"])
    selection = "test" if tested else "validation"
    named = {"task": args.task, "method": args.method, "selection": selection}
    write_json(args.out_run, {**facts, **named, "encoders": origins(args.features)})
    print(f"done: best epoch {facts['best_epoch']}, {selection} score {facts['best_score']:.4f}")


def _train(
    args: argparse.Namespace,
    settings: RunSettings,
    tables: FoldTables,
    masks: NDArray[np.bool_],
    folder: RunFolder,
) -> dict[str, Any]:
    """Train, write weights and history, return what is to be known of the run."""
    from models.learner import TooLargeError
    from pipeline.training.checkpoint import Checkpoints
    from pipeline.training.contracts import TrainingError
    from pipeline.training.history import write_history
    from pipeline.training.session import train_run

    device = ready_device(args.device, args.threads)
    print(f"on {device}", flush=True)
    stores = read_stores(args.features, tables.utterances)
    checkpoints = Checkpoints(folder.checkpoint, args.checkpoint_every)
    try:
        run = train_run(
            settings, tables, stores, masks, args.train_rate, args.seed, device, checkpoints
        )
    except (TrainingError, TooLargeError) as error:
        raise SystemExit(f"error: {error}") from None
    write_arrays(args.out_weights, run.weights, {"key": folder.path.name})
    write_history(args.out_history, run.outcome.history)
    return {**run.facts, "key": folder.path.name}


def _parser() -> argparse.ArgumentParser:
    parser = stage_parser(
        __doc__,
        *("utterances", "labels", "splits", "features", "availability"),
        *("task", "fold", "seed", "cache", "threads", "device"),
        settings="JSON of task, protocol, method, train",
        out_weights="weights.safetensors",
        out_history="history.csv",
        out_run="run.json",
    )
    parser.add_argument("--method", required=True, help="name of the method, for run.json")
    parser.add_argument("--code", required=True, help="digest of the code: part of the run's key")
    parser.add_argument(
        "--train-rate", required=True, help="0.0 to 0.7, random, progressive or a condition"
    )
    parser.add_argument("--checkpoint-every", type=float, default=30.0, help="seconds, at least")
    return parser


if __name__ == "__main__":
    main()
