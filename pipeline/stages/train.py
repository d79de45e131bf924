"""Stage train: one method on one fold from one seed -> weights, history, run.json.

A run whose inputs, settings and code are known is taken from the cache; a killed one goes on from
its last checkpoint and ends with the same bytes. Wall time is no part of run.json, which is as
stable as the weights: see the rule's benchmark.
"""

import argparse
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.base.arrays import write_arrays
from pipeline.base.errors import CacheError
from pipeline.base.files import write_json
from pipeline.base.records import Role
from pipeline.config.settings import parse_section
from pipeline.conversations.reading import FoldTables, read_fold, read_rates, read_stores
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
    rates = settings.validation_rates(args.train_rate)
    validation = index.numbers_of(tables.roles["validation"])
    masks = read_rates(args.availability, rates, args.fold, tables.labels, index, validation)
    deciding = {
        "settings": settings.deciding(args.code),
        "inputs": input_digests(tables, SEEN, args.features, masks),
        "versions": versions(),
        "threads": args.threads,  # sums are cut into as many parts, and rounded so
        "device": kind_of_device(args.device),  # a GPU adds up in another order than a CPU
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
    names = {"task": args.task, "method": args.method, "selection": selection}
    write_json(args.out_run, {**facts, **names, "encoders": origins(args.features)})
    print(f"done: best epoch {facts['best_epoch']}, {selection} score {facts['best_score']:.4f}")


def _train(
    args: argparse.Namespace,
    settings: RunSettings,
    tables: FoldTables,
    masks: NDArray[np.bool_],
    folder: RunFolder,
) -> dict[str, Any]:
    """Train, write weights and history, return what is to be known of the run."""
    # cuBLAS reads this when CUDA starts; without it, its sums depend on scheduling.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    from models.learner import TooLargeError
    from pipeline.training.checkpoint import Checkpoints
    from pipeline.training.contracts import TrainingError
    from pipeline.training.history import write_history
    from pipeline.training.randomness import make_deterministic
    from pipeline.training.session import choose_device, train_run

    device = choose_device(args.device)
    print(f"on {device}", flush=True)
    make_deterministic(args.threads, device)
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


def kind_of_device(name: str) -> str:
    """`cpu`, or the model of the GPU that the run takes: each rounds in a way of its own."""
    import torch

    from pipeline.training.session import choose_device

    device = choose_device(name)
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--task", required=True, help="name of the task, for run.json")
    parser.add_argument("--method", required=True, help="name of the method, for run.json")
    parser.add_argument("--utterances", type=Path, required=True, help="utterances.csv")
    parser.add_argument("--labels", type=Path, required=True, help="labels.csv")
    parser.add_argument("--splits", type=Path, required=True, help="splits.csv")
    parser.add_argument("--features", type=Path, nargs="+", required=True, help="one per modality")
    parser.add_argument("--availability", type=Path, nargs="+", required=True, help="stored masks")
    parser.add_argument("--settings", required=True, help="JSON of task, protocol, method, train")
    parser.add_argument("--code", required=True, help="digest of the code: part of the run's key")
    parser.add_argument("--train-rate", required=True, help="0.0 to 0.7, random or progressive")
    parser.add_argument("--fold", type=int, required=True, help="fold of splits.csv")
    parser.add_argument("--seed", type=int, required=True, help="seed of the run")
    parser.add_argument("--cache", type=Path, required=True, help="folder of the caches")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads of torch")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N")
    parser.add_argument("--checkpoint-every", type=float, default=30.0, help="seconds, at least")
    parser.add_argument("--out-weights", type=Path, required=True, help="weights.safetensors")
    parser.add_argument("--out-history", type=Path, required=True, help="history.csv")
    parser.add_argument("--out-run", type=Path, required=True, help="run.json")
    return parser


if __name__ == "__main__":
    main()
