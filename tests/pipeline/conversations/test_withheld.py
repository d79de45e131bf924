"""A prediction holds nothing that is withheld, and a method that reads it is refused."""

import numpy as np
import pytest
import torch

from models.fast.feature_rows import WithheldError
from models.learner import TaskShape
from models.registry import our_methods
from pipeline.config.methods import MethodSettings
from pipeline.config.settings import Section, parse_section
from pipeline.conversations.inference import predict_rates
from pipeline.training.learners import build_learner, prepare_learner
from tests.small_methods import small_method

DIMS = {"audio": 5, "text": 7, "visual": 4}


def no_seed():
    """These learners draw nothing."""


@pytest.fixture
def masks(conversations):
    return np.random.default_rng(0).random((4, len(conversations.rows), 3)) > 0.4


def built(conversations, model):
    """A learner of random weights for the conversations, in evaluation."""
    parsed = parse_section({"m": small_method(model)}, OneMethod, where="")
    index = conversations.index
    shape = TaskShape(DIMS, 3, "classification", index.max_utterances, index.n_speakers)
    learner = build_learner(parsed.m, shape)
    prepare_learner(learner, conversations, np.arange(len(index.lengths)))
    return learner


class OneMethod(Section):
    m: MethodSettings


@pytest.mark.parametrize("is_embedding", [True, False])
@pytest.mark.parametrize(
    "model", [name for name in our_methods() if name != "prior"]
)  # it reads none
def test_a_method_that_reads_what_is_withheld_is_refused(
    conversations, masks, monkeypatch, model, is_embedding
):
    """Two words are enough to cheat: `batch` for `batch.complete()`. They end the prediction."""
    learner = built(conversations, model)
    kind, dialogues = type(learner), np.array([7, 2, 11, 0])
    if not is_embedding:
        monkeypatch.setattr(kind, "embeds", False)
    predict_rates(learner, conversations, dialogues, masks, no_seed)  # the honest one is not
    for name in ("predict", "predict_embedded"):
        honest = getattr(kind, name)

        def cheat(self, batch, honest=honest):
            return honest(self, batch.complete())

        monkeypatch.setattr(kind, name, cheat)
    with pytest.raises(WithheldError, match="protocol withholds"):
        predict_rates(learner, conversations, dialogues, masks, no_seed)
    everything = np.ones_like(masks)  # where nothing is withheld there is nothing to refuse
    predict_rates(learner, conversations, dialogues, everything, no_seed)


def test_no_store_of_a_batch_holds_a_withheld_vector(conversations, make_learner, masks):
    learner, dialogues = make_learner(DIMS), np.array([7, 2, 11, 0])
    batches, embedded = [], []

    def predict(self, batch):
        batches.append(batch)
        return torch.zeros(*batch.valid.shape, 3)

    type(learner).predict, type(learner).embed = predict, lambda self, f: embedded.append(f)
    predict_rates(learner, conversations, dialogues, masks[:1], no_seed)
    places = conversations.index.utterances_of(dialogues)
    n_withheld = 0
    for column, (name, vectors) in enumerate(conversations.features.items()):
        withheld = ~masks[0, places, column] & conversations.extracted[places, column].numpy()
        hidden = vectors[conversations.rows[places[withheld]]]
        n_withheld += len(hidden)
        stored = torch.cat([batch.features.stores[name] for batch in batches])
        assert not (hidden[:, None] == stored[None]).all(dim=2).any()
    assert n_withheld > 10
    assert not embedded  # this learner predicts from the vectors themselves
