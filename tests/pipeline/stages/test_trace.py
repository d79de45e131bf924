"""Stage trace, as the rule calls it, on a small trained run; routers against a naive loop."""

import json

import numpy as np
import pytest
import torch

from models.vocabulary import MODALITIES
from pipeline.base.arrays import read_arrays
from pipeline.base.records import ROLES
from pipeline.config.methods import kind_of
from pipeline.config.tasks import ScoredTask
from pipeline.conversations.collate import collate, items_of, place_masks
from pipeline.conversations.reading import read_fold, read_stores
from pipeline.stages import trace, train
from pipeline.training import traced_run
from pipeline.training.conditions import read_conditions
from pipeline.training.restored import restore_run
from pipeline.training.tracing import average_routers, reported_network, trace_dialogue

RATES = ["0.0", "0.3", "0.7"]
SMALL = {"hidden_dim": 16, "n_heads": 2, "context": {"band": 2}}


@pytest.fixture
def make_run(make_task, tmp_path):
    """Train one epoch of a form of ITEACNet; return its files and its settings."""

    def make(**settings):
        method = {"model": "iteacnet", "settings": {**SMALL, **settings}}
        files = make_task(method=method, n_epochs=1)
        train.main(
            [
                *files.arguments(),
                *("--settings", files.train_settings(), "--task", "t", "--method", "m"),
                *("--code", "c0de"),
                *("--fold", "1", "--seed", "0", "--train-rate", "0.3", "--device", "cpu"),
                *("--cache", str(tmp_path / "cache")),
                *("--out-weights", str(tmp_path / "weights.safetensors")),
                *("--out-history", str(tmp_path / "history.csv")),
                *("--out-run", str(tmp_path / "run.json")),
            ]
        )

        return files, method

    return make


def trace_once(files, method, folder, dialogue=None, name="trace"):
    out = folder / f"{name}.safetensors"
    settings = {"task": files.scored_task, "method": method, "rates": RATES, "dialogue": dialogue}
    trace.main(
        [
            *files.arguments(),
            *("--weights", str(folder / "weights.safetensors")),
            *("--run", str(folder / "run.json"), "--settings", json.dumps(settings)),
            *("--fold", "1", "--device", "cpu", "--out", str(out)),
        ]
    )
    return read_arrays(out)


def restored(files, method, folder):
    tables = read_fold(
        files.folder / "utterances.csv",
        files.folder / "labels.csv",
        files.folder / "splits.csv",
        1,
    )
    run = restore_run(
        folder / "weights.safetensors",
        folder / "run.json",
        tables,
        read_stores(files.features, tables.utterances),
        ScoredTask(**files.scored_task),
        kind_of("iteacnet")(**method),
        torch.device("cpu"),
        ROLES,
    )
    masks = read_conditions(files.availability, RATES, 1, tables.labels, run.index, run.test)

    return run, masks


def test_maps_of_the_longest_test_dialogue_are_what_they_say(make_run, tmp_path):
    files, method = make_run()
    arrays, header = trace_once(files, method, tmp_path)

    n = len(header["utterances"])
    assert (header["role"], header["note"], header["network"]) == ("test", "", "student")
    assert all(
        utterance_id.startswith(f"{header['dialogue']}_") for utterance_id in header["utterances"]
    )

    for modality in MODALITIES:
        attention, context = arrays[f"attention.{modality}"], arrays[f"context.{modality}"]
        assert attention.shape == arrays[f"plain.{modality}"].shape == (4, n, n)
        np.testing.assert_allclose(attention.sum(axis=-1), 1, atol=1e-5)
        np.testing.assert_allclose(arrays[f"plain.{modality}"].sum(axis=-1), 1, atol=1e-5)
        assert context.shape == (1, n, n)
        np.testing.assert_allclose(context[0], context[0].T, atol=1e-6)
        far = np.abs(np.subtract.outer(range(n), range(n))) > SMALL["context"]["band"]
        assert np.ptp(context[0][far]) == 0  # beyond the band only the Linear's bias is left
        assert np.ptp(context[0][~far]) > 0


def test_plain_attention_is_that_of_the_network_without_ecce(make_run, tmp_path):
    files, method = make_run()
    run, _ = restored(files, method, tmp_path)
    network = reported_network(run.learner)
    dialogue = int(run.test[0])
    plain = trace_dialogue(network, run.conversations, dialogue)
    with torch.no_grad():
        for encoder in network.contexts[0].values():
            encoder.linear.weight.zero_()
            encoder.linear.bias.zero_()
    without = trace_dialogue(network, run.conversations, dialogue)
    for modality in MODALITIES:  # the first layer meets the same input in both
        expected = without[f"attention.{modality}"][0]
        np.testing.assert_allclose(plain[f"plain.{modality}"][0], expected, atol=1e-6)
        assert np.abs(plain[f"attention.{modality}"][0] - expected).max() > 1e-4


def test_router_means_equal_a_loop_over_single_dialogues(make_run, tmp_path):
    files, method = make_run()
    run, masks = restored(files, method, tmp_path)
    network = reported_network(run.learner)
    arrays = average_routers(network, run.conversations, run.test, masks)
    found: dict[tuple, list] = {}
    for mask in torch.from_numpy(masks):
        for dialogue in run.test:
            items = items_of(run.index, np.array([dialogue]), "dialogues")
            batch = collate(run.conversations, items)
            batch = batch.with_available(place_masks(run.conversations, items, mask))
            with torch.no_grad():
                layers = network(batch, trace="all").trace
            for turn, usable in enumerate(batch.usable[0].tolist()):
                weights = [layer.router["text"][0, turn].numpy() for layer in layers]
                found.setdefault(tuple(usable), []).append(weights)
    patterns = [tuple(pattern) for pattern in arrays["patterns"].tolist()]

    assert set(patterns) == set(found)
    assert arrays["counts"].tolist() == [len(found[pattern]) for pattern in patterns]
    for place, pattern in enumerate(patterns):
        expected = np.mean(found[pattern], axis=0)
        np.testing.assert_allclose(arrays["router.text"][:, place], expected, atol=1e-6)


def test_a_transformer_without_ecce_has_attention_alone(make_run, tmp_path):
    files, method = make_run(framework="teacher_only", context={"is_global": False})
    arrays, header = trace_once(files, method, tmp_path)
    assert set(arrays) == {f"attention.{modality}" for modality in MODALITIES}
    assert header["network"] == "teacher"


def test_the_dialogue_that_is_asked_for_is_shown_and_an_unknown_one_is_named(make_run, tmp_path):
    files, method = make_run()
    _, header = trace_once(files, method, tmp_path, "s3d1")
    assert (header["dialogue"], header["role"]) == ("s3d1", "train")
    longest, header = trace_once(files, method, tmp_path, "nobody")
    assert header["note"] == (
        "nobody is not a labelled dialogue of this task: the longest one is shown"
    )
    first, _ = trace_once(files, method, tmp_path)
    assert all(np.array_equal(first[name], longest[name]) for name in first)


def test_tracing_twice_gives_the_same_bytes(make_run, tmp_path):
    files, method = make_run()
    for name in ("one", "two"):
        trace_once(files, method, tmp_path, name=name)
    first, second = ((tmp_path / f"{name}.safetensors").read_bytes() for name in ("one", "two"))
    assert first == second


def test_a_dialogue_that_is_too_long_gives_way_to_a_shorter_one(make_run, tmp_path, monkeypatch):
    """As if no maps of more than `LONGEST` utterances could be held."""
    files, method = make_run()
    _, whole = trace_once(files, method, tmp_path)
    monkeypatch.setattr(traced_run, "LONGEST", len(whole["utterances"]) - 1)
    arrays, header = trace_once(files, method, tmp_path)
    assert arrays["attention.text"].shape[1] == len(header["utterances"]) <= traced_run.LONGEST
    assert header["note"].startswith("a longer dialogue has more than")
    _, header = trace_once(files, method, tmp_path, whole["dialogue"])
    assert header["note"].startswith(f"{whole['dialogue']} has more than")


def test_where_every_dialogue_is_too_long_routers_alone_are_traced(make_run, tmp_path, monkeypatch):
    files, method = make_run()
    monkeypatch.setattr(traced_run, "LONGEST", 0)
    arrays, header = trace_once(files, method, tmp_path)
    kinds = {name.partition(".")[0] for name in arrays}
    assert kinds == {"router", "patterns", "counts"}
    assert header["note"].startswith("every dialogue of the test role has more than 0 utterances")
