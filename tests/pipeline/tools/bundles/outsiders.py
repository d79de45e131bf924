"""Predictions of a method that ran elsewhere, made from what a bundle says of masks and labels."""

import io
import json

import numpy as np
import pandas as pd
from safetensors.numpy import load

from pipeline.tools.bundles.extend import main
from tests.pipeline.tools.bundles.zips import parts_of


def masks_in(parts, task, condition):
    """(N, 3) bool by fold, as docs/bundles.md says, and the ids of labels.csv."""
    arrays = load(parts[f"build/{task}/availability/{condition}_7000.safetensors"])
    labels = pd.read_csv(io.BytesIO(parts[f"build/{task}/labels.csv"]), dtype=str)
    return arrays, labels


def outsider(bundle, task="t", seeds=(0,), right=0.9):
    """A row per fold, seed, condition and test utterance; right so often, at random."""
    parts, rng = parts_of(bundle), np.random.default_rng(5)
    study = json.loads(parts["study.json"])
    section = study["tasks"][task]
    corpus = section["settings"]["corpus"]
    utterances = pd.read_csv(io.BytesIO(parts[f"build/{corpus}/utterances.csv"]), dtype=str)
    dialogue_of = dict(zip(utterances["utterance_id"], utterances["dialogue_id"], strict=True))
    splits = pd.read_csv(io.BytesIO(parts[f"build/{task}/splits.csv"]), dtype={"dialogue_id": str})

    rows = []
    for fold in sorted({run["fold"] for run in section["runs"]}):
        tested = set(splits[(splits["fold"] == fold) & (splits["role"] == "test")]["dialogue_id"])
        for condition in map(str, study["protocol"]["rates"]):
            arrays, labels = masks_in(parts, task, condition)
            for mask, (name, label) in zip(
                arrays[f"fold{fold}"], labels.itertuples(index=False), strict=True
            ):
                if dialogue_of[name] in tested:
                    said = label if rng.random() < right else rng.choice(section["classes"])
                    given = map(int, mask)
                    rows += [(fold, seed, condition, name, said, *given) for seed in seeds]
    columns = ["fold", "seed", "rate", "utterance_id", "predicted", "audio", "text", "visual"]
    return pd.DataFrame(rows, columns=columns)


def extended(bundle, table, out, *options):
    """Run the command in an empty folder."""
    if isinstance(table, str):
        source = ["--study", table]
    else:
        source = ["--predictions", str(out.with_name("mine.csv"))]
        table.to_csv(source[1], index=False)
    main([str(bundle), "--method", "mine", *source, "--out", str(out), *options])
    return parts_of(out)
