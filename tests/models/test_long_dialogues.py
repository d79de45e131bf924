"""What a step holds for its gradient grows with a dialogue, not with the square of its length.

But for `values_per_pair`, which whoever trains keeps within bounds (`pipeline.training.memory`).
"""

from dataclasses import replace

import pytest
import torch
from torch.autograd.graph import saved_tensors_hooks

from models.iteacnet.settings import ContextSettings
from models.registry import our_methods
from tests.small_methods import SMALL

N_STEPS = 256
PIECES = ("models.layers.MAX_WEIGHTS", "models.committee.neighbours.MAX_WEIGHTS")
FORMS = [(name, SMALL.get(name, {})) for name in our_methods()]
FORMS += [
    ("gcnet", {**SMALL["gcnet"], "time_attention": True}),
    ("iteacnet", {**SMALL["iteacnet"], "context": ContextSettings(per_head=True, per_layer=True)}),
    ("iteacnet", {**SMALL["iteacnet"], "framework": "gcnet", "padding": "published"}),
]


def n_held(learner, batch, phase):
    """Values that the loss of a batch keeps for its gradient, parameters aside."""
    kept = {}

    def pack(tensor):
        storage = tensor.untyped_storage()
        kept[storage.data_ptr()] = storage.nbytes() // 4, tensor  # held, or its place is used anew
        return tensor

    with saved_tensors_hooks(pack, lambda tensor: tensor):
        loss = learner.loss(batch, phase)
    own = {parameter.untyped_storage().data_ptr() for parameter in learner.parameters()}
    assert loss.total.isfinite()
    return sum(size for place, (size, _) in kept.items() if place not in own)


@pytest.mark.parametrize(("model", "changes"), FORMS)
def test_twice_the_utterances_hold_twice_as_much(kit, model, changes, monkeypatch):
    for name in PIECES:
        monkeypatch.setattr(name, 2**12)  # as if these dialogues were long
    shape = replace(kit.shape(), max_utterances=2 * N_STEPS)
    batches = {n: kit.batch([n, n // 2]) for n in (N_STEPS, 2 * N_STEPS)}
    held = {}
    for n, batch in batches.items():
        learner = kit.learner(model, shape, **changes)
        if learner.batching != "dialogues":
            batch = batch.utterances(batch.valid.flatten().nonzero().squeeze(1))
        kit.train(learner, batch, n_epochs=1)
        held[n] = n_held(learner.train(), batch, learner.phases()[-1].name)
    pairs = sum(n**2 for n in (2 * N_STEPS, 2 * N_STEPS if learner.fills_padding else N_STEPS))
    assert held[2 * N_STEPS] <= 2.1 * held[N_STEPS] + learner.values_per_pair * pairs


def test_pieces_are_the_whole(kit, monkeypatch):
    batch = kit.batch([23, 9], dtype=torch.float64)
    gradients, outputs = [], []
    for size in (2**22, 100):
        monkeypatch.setattr("models.committee.neighbours.MAX_WEIGHTS", size)
        learner = kit.learner("committee", hidden_dim=6, n_members=3, dropout=0.0).double()
        learner.loss(batch, "train").total.backward()
        gradients.append([parameter.grad for parameter in learner.members.parameters()])
        outputs.append(learner.eval().predict(batch).detach())
    torch.testing.assert_close(outputs[0], outputs[1])
    for whole, pieces in zip(*gradients, strict=True):
        torch.testing.assert_close(whole, pieces)
