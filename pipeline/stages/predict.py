"""Stage predict: a trained run on the test role of its fold, at every missing rate asked for."""

import argparse
import json
import os
from pathlib import Path

import torch

from pipeline.arrays import read_arrays
from pipeline.conversations.dataset import build_conversations, shape_of, standardize
from pipeline.conversations.inference import predict_rates
from pipeline.conversations.reading import read_fold, read_rates, read_stores
from pipeline.conversations.standardize import Standardization
from pipeline.evaluation.predict import write_predictions
from pipeline.settings import parse_section
from pipeline.training.methods import build_learner, restore_learner
from pipeline.training.randomness import make_deterministic, seed_torch
from pipeline.training.session import choose_device, shape_facts, unpack_weights
from pipeline.training.settings import PredictSettings


def main(argv: list[str] | None = None) -> None:
    """Read the command line, rebuild the learner, predict, write."""
    args = _parser().parse_args(argv)
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    device: torch.device = choose_device(args.device)
    make_deterministic(args.threads, device)
    settings = parse_section(args.settings, PredictSettings, where="")
    tables = read_fold(args.utterances, args.labels, args.splits, args.fold)
    index = tables.visible("train", "test")  # some learners rebuild themselves from the former
    train, test = (index.numbers_of(tables.roles[role]) for role in ("train", "test"))
    rates = [float(rate) for rate in settings.rates]
    masks = read_rates(args.availability, rates, args.fold, tables.labels, index, test)

    stores = read_stores(args.features, tables.utterances)
    shape = shape_of(tables.index, stores, settings.task)
    run = json.loads(args.run.read_text(encoding="utf-8"))
    if run["shape"] != shape_facts(shape):
        raise ValueError(f"{args.weights} were trained for {run['shape']}, not for {shape}")
    arrays, _ = read_arrays(args.weights)
    stores = standardize(stores, Standardization.from_arrays(arrays))
    learner = build_learner(settings.method, shape).to(device)
    conversations = build_conversations(index, stores, tables.labels, settings.task).to(device)
    restore_learner(learner, conversations, train, unpack_weights(arrays))
    outputs = predict_rates(
        learner, conversations, test, masks, lambda: seed_torch(args.seed, "predict")
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
    print(f"{len(places)} utterances at {len(rates)} missing rates")


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
