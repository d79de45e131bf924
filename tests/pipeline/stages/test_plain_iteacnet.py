"""models/plain/iteacnet.py loads a trained run and says what the run said."""

import json

import pytest
import torch

from models.plain.iteacnet import load_student
from pipeline.base.arrays import read_arrays
from pipeline.base.records import MODALITIES
from pipeline.conversations.reading import read_fold, read_stores
from pipeline.training.conditions import read_conditions
from tests.pipeline.stages.training_runs import predict_once, train_once

RATES = ("0.0", "0.3", "0.7")


@pytest.mark.parametrize(
    ("modalities", "fusion"),
    [
        (MODALITIES, "parallel"),
        (MODALITIES, "aligned"),
        (("audio", "visual"), "parallel"),
        (("text",), "parallel"),
    ],
)
def test_weights_of_a_run_give_its_predictions(make_task, tmp_path, modalities, fusion):
    method = {"model": "iteacnet", "settings": {"fusion": fusion}}
    files = make_task(method=method, modalities=modalities, n_epochs=2)
    train_once(files, tmp_path)
    rows = predict_once(files, tmp_path)
    arrays, _ = read_arrays(tmp_path / "weights.safetensors")
    student = load_student({name: torch.from_numpy(array) for name, array in arrays.items()})
    run = json.loads((tmp_path / "run.json").read_text())
    assert sum(p.numel() for p in student.parameters()) == run["parameters"]["student"]

    told = {(row["rate"], row["utterance_id"]): row for row in rows}
    largest, n_compared = 0.0, 0
    for rate, name, shares in plain_predictions(files, student, modalities):
        row = told[rate, name]
        scores = torch.tensor([float(row[f"score_{label}"]) for label in files.classes])
        largest = max(largest, float((shares - scores).abs().max()))
        n_compared += 1
    assert n_compared == len(rows)
    assert largest < 1e-5


def plain_predictions(files, student, modalities):
    """Rate, utterance and probabilities (C,), one dialogue of the test role after the other."""
    paths = [files.folder / f"{name}.csv" for name in ("utterances", "labels", "splits")]
    tables = read_fold(*paths, 1)
    stores, index = read_stores(files.features, tables.utterances), tables.index
    test = index.numbers_of(tables.roles["test"])
    masks = read_conditions(files.availability, RATES, 1, tables.labels, index, test)

    for rate, mask in zip(RATES, masks, strict=True):
        for start, length in zip(index.starts[test], index.lengths[test], strict=True):
            line = slice(start, start + length)
            features = {}
            for name in modalities:
                vectors = torch.from_numpy(stores[name].features[index.store_rows[line]])
                available = torch.from_numpy(mask[line, MODALITIES.index(name)])
                features[name] = (vectors * available[:, None])[None]
            valid = torch.ones(1, length, dtype=torch.bool)
            with torch.no_grad():
                logits, _ = student(features, valid)
            names = index.utterance_ids[line].tolist()
            for name, shares in zip(names, logits[0].softmax(dim=-1), strict=True):
                yield rate, name, shares
