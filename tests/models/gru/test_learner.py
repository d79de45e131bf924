"""Truth: the equations of models/gru/learner.py, one utterance and one turn after another."""

import pytest
import torch

from models.gru.learner import hide_some
from models.vocabulary import MODALITIES
from tests.models.arithmetic import gelu

WIDTH = 8


@pytest.fixture
def learner(kit):
    return kit.drawn("gru", hidden_dim=WIDTH)


def fused(state, batch, b, t):
    """f_t: the sum of what the utterance has, normed."""
    total = torch.zeros(WIDTH, dtype=torch.float64)
    for m, name in enumerate(MODALITIES):
        if batch.usable[b, t, m]:
            weight, bias = (state[f"projections.{name}.{part}"] for part in ("weight", "bias"))
            z = weight @ batch.features[name][b, t] + bias
            total += gelu(z)
    centred = total - total.mean()
    normed = centred / (centred.square().mean() + 1e-5).sqrt()
    return normed * state["norm.weight"] + state["norm.bias"]


def read(state, inputs, suffix):
    """One direction over one dialogue: Cho et al. 2014 with the reset gate after the product."""
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    from_input, from_hidden, bias, hidden_bias = (state[f"gru.{n}_l0{suffix}"] for n in names)
    hidden, heard = torch.zeros(WIDTH, dtype=torch.float64), []
    for x in inputs:
        own = (from_input @ x + bias).split(WIDTH)
        before = (from_hidden @ hidden + hidden_bias).split(WIDTH)
        reset, update = (torch.sigmoid(own[i] + before[i]) for i in (0, 1))
        candidate = torch.tanh(own[2] + reset * before[2])
        hidden = (1 - update) * candidate + update * hidden
        heard.append(hidden)
    return heard


def test_logits_are_those_of_the_equations(kit, learner):
    batch = kit.batch([6, 1, 4], seed=2, dtype=torch.float64)
    state = learner.state_dict()
    logits = learner.predict(batch)
    for b, length in enumerate((6, 1, 4)):
        rows = [fused(state, batch, b, t) for t in range(length)]
        forwards = read(state, rows, "")
        backwards = read(state, rows[::-1], "_reverse")[::-1]
        for t in range(length):
            told = torch.cat([forwards[t], backwards[t], rows[t]])
            expected = state["classifier.weight"] @ told + state["classifier.bias"]
            torch.testing.assert_close(logits[b, t], expected, rtol=0, atol=1e-12)
        assert not logits[b, length:].any()


def test_has_as_many_parameters_as_told(kit):
    learner = kit.learner("gru", kit.shape(kit.paper_dims))
    projections = (512 + 1024 + 1024 + 3) * 64
    gates = 2 * 3 * 64 * (64 + 64 + 2)
    assert learner.count_parameters() == projections + 2 * 64 + gates + (3 * 64 + 1) * 4 == 214_852


def test_modality_dropout_leaves_one_of_each_and_hides_a_share_of_the_rest():
    torch.manual_seed(0)
    usable = torch.rand(200, 50, 3) < 0.7
    kept = hide_some(usable, 0.3)
    assert not (kept & ~usable).any()
    assert torch.equal(kept.any(dim=-1), usable.any(dim=-1))
    both = usable.sum(dim=-1) == 2
    # Of two, none is hidden where both draws pass (0.49), else one: (1 - 0.49) / 2 of all.
    assert (kept[both].sum(dim=-1) == 1).float().mean() == pytest.approx(0.51, abs=0.03)
    assert torch.equal(hide_some(usable, 0.0), usable)


def test_modality_dropout_is_of_training_alone(kit):
    batch = kit.batch([8], seed=1, p_missing=0)
    learner = kit.learner("gru", hidden_dim=WIDTH, dropout=0.0, modality_dropout=0.9)
    torch.manual_seed(0)
    first = learner.loss(batch, "train").total
    torch.manual_seed(1)
    assert learner.loss(batch, "train").total != first
    torch.testing.assert_close(learner.predict(batch), learner.eval().predict(batch))
