import numpy as np
import pytest
import torch

from pipeline.conversations import inference
from pipeline.conversations.collate import collate, items_of, place_masks
from pipeline.conversations.inference import predict_rates

DIMS = {"audio": 5, "text": 7, "visual": 4}


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


@pytest.mark.parametrize("batching", ["dialogues", "utterances", "full"])
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


def test_few_batches_serve_all_rates(conversations, make_learner, masks):
    learner = make_learner(DIMS)
    predict_rates(learner, conversations, np.arange(15), masks, no_seed)
    assert learner.n_calls == 1
    learner = make_learner(DIMS, "full")
    predict_rates(learner, conversations, np.arange(15), masks, no_seed)
    assert learner.n_calls == 4  # one per rate: codes belong to a rate


def test_the_mode_of_the_learner_is_given_back(conversations, make_learner, masks):
    learner = make_learner(DIMS).train()
    predict_rates(learner, conversations, np.array([0]), masks, no_seed)
    assert learner.training


def test_the_seed_is_set_before_every_pass(conversations, make_learner, masks):
    calls = []
    for batching, n_passes in (("dialogues", 1), ("full", 4)):
        calls.clear()
        learner = make_learner(DIMS, batching)
        predict_rates(learner, conversations, np.arange(3), masks, lambda: calls.append(1))
        assert len(calls) == n_passes
