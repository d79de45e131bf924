"""Rates are predicted together, each as if it were alone."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from models.iteacnet.learner import build
from models.iteacnet.settings import IteacnetSettings
from models.learner import TaskShape
from pipeline.base import large_arrays
from pipeline.conversations import inference
from pipeline.conversations.collate import collate, items_of, place_masks
from pipeline.conversations.inference import predict_rates

DIMS = {"audio": 5, "text": 7, "visual": 4}
BATCHINGS = ("dialogues", "utterances", "full")


def no_seed():
    """These learners draw nothing."""


@pytest.fixture
def masks(conversations):
    return np.random.default_rng(0).random((4, len(conversations.rows), 3)) > 0.4


def one_by_one(learner, conversations, dialogues, mask):
    """Naive: every item in a batch of its own."""
    items = items_of(conversations.index, dialogues, learner.batching)
    outputs = []
    for i in range(len(items)):
        item = items.take(torch.tensor([i]))
        placed = place_masks(conversations, item, torch.from_numpy(mask))
        batch = collate(conversations, item).with_available(placed)
        outputs.append(learner.predict(batch)[0].detach())
    return torch.cat(outputs).numpy()


@pytest.mark.parametrize("batching", BATCHINGS)
@pytest.mark.parametrize("max_cells", [1, 20, 8192])
def test_stacked_rates_equal_items_one_by_one(
    conversations, make_learner, masks, batching, max_cells, monkeypatch
):
    monkeypatch.setattr(inference, "MAX_CELLS", max_cells)
    learner = make_learner(DIMS, batching)
    dialogues = np.array([7, 2, 11, 0])
    stacked = predict_rates(learner, conversations, dialogues, masks, no_seed)
    n = conversations.index.lengths[dialogues].sum()
    assert stacked.shape == (4, n, 3)
    for output, mask in zip(stacked, masks, strict=True):
        naive = one_by_one(learner, conversations, dialogues, mask)
        assert np.allclose(output, naive, atol=1e-5)


@pytest.mark.parametrize("dialogues", [[7, 2, 11, 0], [14]])
def test_vectors_are_embedded_once_for_all_rates(
    conversations, make_learner, masks, monkeypatch, dialogues
):
    """A learner that doubles features and halves them again says what it said without that."""
    seen = []

    def embed(self, features):
        seen.append({name: len(vectors) for name, vectors in features.items()})
        return {name: vectors * 2 for name, vectors in features.items()}

    def predict_embedded(self, batch):
        halved = {name: vectors / 2 for name, vectors in batch.masked().features.items()}
        return self.predict(replace(batch, features=halved))

    learner, dialogues = make_learner(DIMS), np.array(dialogues)
    expected = predict_rates(learner, conversations, dialogues, masks, no_seed)
    monkeypatch.setattr(make_learner, "embeds", True)
    monkeypatch.setattr(make_learner, "embed", embed)
    monkeypatch.setattr(make_learner, "predict_embedded", predict_embedded)
    outputs = predict_rates(learner, conversations, dialogues, masks, no_seed)
    assert np.array_equal(outputs, expected)
    n = conversations.index.lengths[dialogues].sum()
    assert seen == [dict.fromkeys(DIMS, n)]


@pytest.fixture
def seen(make_learner, monkeypatch):
    """Usable cells (B, T, 3) of every batch that a learner predicts."""
    batches, predict = [], make_learner.predict

    def watched(self, batch):
        batches.append(batch.usable)
        return predict(self, batch)

    monkeypatch.setattr(make_learner, "predict", watched)
    return batches


def test_what_several_rates_leave_alike_is_predicted_once(conversations, make_learner, masks, seen):
    dialogues = np.array([3, 1])
    alike = masks.copy()
    places = [conversations.index.utterances_of(dialogues[k : k + 1]) for k in range(2)]
    alike[2, places[0]] = masks[1, places[0]]
    alike[3, places[1]] = masks[0, places[1]]
    learner = make_learner(DIMS)
    outputs = predict_rates(learner, conversations, dialogues, alike, no_seed)
    assert sum(len(usable) for usable in seen) == 2 * 4 - 2
    for output, mask in zip(outputs, alike, strict=True):
        assert np.allclose(output, one_by_one(learner, conversations, dialogues, mask), atol=1e-5)


@pytest.mark.parametrize("batching", ["utterances", "full"])
def test_a_single_utterance_is_predicted_once_for_each_way_it_can_look(
    conversations, make_learner, seen, batching
):
    masks = np.random.default_rng(1).random((40, len(conversations.rows), 3)) > 0.5
    predict_rates(make_learner(DIMS, batching), conversations, np.arange(15), masks, no_seed)
    looks = (masks & conversations.extracted.numpy()) @ [1, 2, 4]
    expected = sum(len(set(column)) for column in looks.T)
    assert sum(len(usable) for usable in seen) == expected < 40 * masks.shape[1] / 2


def test_masks_that_differ_where_nothing_was_extracted_are_the_same(
    conversations, make_learner, masks, seen
):
    nothing = torch.zeros_like(conversations.extracted)
    for batching in BATCHINGS:
        seen.clear()
        learner = make_learner(DIMS, batching)
        silent = replace(conversations, extracted=nothing)
        predict_rates(learner, silent, np.arange(15), masks, no_seed)
        lengths = conversations.index.lengths[:15]
        n_items = 15 if batching == "dialogues" else lengths.sum()
        assert sum(len(usable) for usable in seen) == n_items


@pytest.mark.parametrize("batching", BATCHINGS)
def test_few_batches_serve_all_rates(conversations, make_learner, masks, batching):
    learner = make_learner(DIMS, batching)
    predict_rates(learner, conversations, np.arange(15), masks, no_seed)
    assert learner.n_calls == 1


def test_the_mode_of_the_learner_is_given_back(conversations, make_learner, masks):
    learner = make_learner(DIMS).train()
    predict_rates(learner, conversations, np.array([0]), masks, no_seed)
    assert learner.training


@pytest.fixture
def make_padded(make_learner, monkeypatch):
    """Makes learners that say something else in another batch."""
    predict = make_learner.predict
    monkeypatch.setattr(make_learner, "sees_padding", True)
    monkeypatch.setattr(make_learner, "batch_size", 4)
    monkeypatch.setattr(
        make_learner, "predict", lambda self, batch: predict(self, batch) + batch.valid.numel()
    )
    return make_learner


@pytest.mark.parametrize("batching", BATCHINGS)
def test_what_sees_padding_says_the_same_whatever_other_rates_are_asked_for(
    conversations, make_padded, masks, batching
):
    learner = make_padded(DIMS, batching)
    masks[2] = masks[0]  # nothing is shared, and nothing changes
    together = predict_rates(learner, conversations, np.arange(15), masks, no_seed)
    n_calls = learner.n_calls
    alone = [
        predict_rates(learner, conversations, np.arange(15), mask[None], no_seed)[0]
        for mask in masks
    ]
    assert np.array_equal(together, np.stack(alone))
    assert learner.n_calls == 2 * n_calls


def test_what_sees_padding_gets_batches_of_its_size_in_the_given_order(
    conversations, make_padded, masks, seen
):
    dialogues = np.array([3, 1, 14, 7, 0, 2])
    predict_rates(make_padded(DIMS), conversations, dialogues, masks, no_seed)
    lengths = conversations.index.lengths[dialogues]
    expected = [(4, lengths[:4].max()), (2, lengths[4:].max())] * len(masks)
    assert [usable.shape[:2] for usable in seen] == expected


def test_iteacnet_with_published_padding_is_such_a_learner(conversations, masks):
    settings = IteacnetSettings(padding="published", hidden_dim=16, n_heads=2)
    torch.manual_seed(0)
    learner = build(settings, TaskShape(DIMS, 3, "classification", 10, 2))
    together = predict_rates(learner, conversations, np.arange(15), masks, no_seed)
    alone = predict_rates(learner, conversations, np.arange(15), masks[1:2], no_seed)
    assert np.array_equal(together[1], alone[0])


@pytest.mark.parametrize(("sees_padding", "n_passes"), [(False, 1), (True, 4)])
def test_the_seed_is_set_before_every_pass(
    conversations, make_learner, masks, monkeypatch, sees_padding, n_passes
):
    monkeypatch.setattr(make_learner, "sees_padding", sees_padding)
    calls = []
    learner = make_learner(DIMS)
    predict_rates(learner, conversations, np.arange(3), masks, lambda: calls.append(1))
    assert len(calls) == n_passes


@pytest.mark.parametrize("batching", BATCHINGS)
def test_outputs_too_large_for_memory_are_the_same_in_a_file(
    conversations, make_learner, masks, batching, monkeypatch
):
    asked = make_learner(DIMS, batching), conversations, np.arange(15), masks, no_seed
    whole = predict_rates(*asked)
    monkeypatch.setattr(large_arrays, "MAX_BYTES", 0)
    monkeypatch.setattr(large_arrays, "MAX_CELLS", 8)
    in_file = predict_rates(*asked)
    assert isinstance(in_file, np.memmap)
    assert np.array_equal(in_file, whole)
