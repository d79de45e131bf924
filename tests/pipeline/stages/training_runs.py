"""Stages train and predict as the rules call them, on a small task in files."""

import csv

from pipeline.stages import predict, train

OUTPUTS = ("weights.safetensors", "history.csv", "run.json")


def train_arguments(files, out, rate="0.3", seed=0, cache=None):
    return [
        *files.arguments(),
        *("--settings", files.train_settings(), "--code", "c0de"),
        *("--task", "t", "--method", "m", "--fold", "1", "--seed", str(seed)),
        *("--train-rate", rate, "--cache", str(cache or out / "cache"), "--device", "cpu"),
        *("--out-weights", str(out / "weights.safetensors")),
        *("--out-history", str(out / "history.csv"), "--out-run", str(out / "run.json")),
    ]


def train_once(files, out, **options):
    """Train into `out` with a cache of its own unless told otherwise."""
    train.main(train_arguments(files, out, **options))
    return [(out / name).read_bytes() for name in OUTPUTS]


def predict_arguments(files, out):
    return [
        *files.arguments(),
        *("--weights", str(out / "weights.safetensors"), "--run", str(out / "run.json")),
        *("--fold", "1", "--seed", "0", "--device", "cpu"),
        *("--settings", files.predict_settings(), "--out", str(out / "predictions.csv")),
        *("--out-calibration", str(out / "calibration.json")),
    ]


def predict_once(files, out):
    predict.main(predict_arguments(files, out))
    with (out / "predictions.csv").open(newline="") as stream:
        return list(csv.DictReader(stream))
