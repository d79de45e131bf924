"""A learner of two phases: one of complete data, one whose groups alternate."""

import torch

from models.learner import Learner, Loss, OptimizerGroup, Phase


class TwoPhases(Learner):
    """Pretrains one matrix, freezes a copy in a buffer, then trains another with it."""

    batching = "utterances"
    batch_size = 16

    def __init__(self):
        super().__init__()
        self.first, self.second = torch.nn.Linear(16, 3), torch.nn.Linear(3, 3)
        self.codes = torch.nn.Parameter(torch.zeros(0, 2))
        self.register_buffer("frozen", torch.zeros(3, 16))
        self.finished = []

    def prepare(self, batch):
        self.codes = torch.nn.Parameter(torch.randn(int(batch.valid.sum()), 2))

    def phases(self):
        first = OptimizerGroup(list(self.first.parameters()), 0.02, kind="adam", max_grad_norm=1.0)
        second = OptimizerGroup(list(self.second.parameters()), 0.05)
        codes = OptimizerGroup([self.codes], 0.1, kind="adam")
        return [
            Phase("pretrain", [first], n_epochs=2, decay_after=1),
            Phase("train", [second, codes], alternate=True, steps=2),
        ]

    def finish_phase(self, name):
        self.finished.append(name)
        if name == "pretrain":
            self.frozen.copy_(self.first.weight.detach())

    def _load_from_state_dict(self, state, prefix, *rest):
        self.codes = torch.nn.Parameter(torch.zeros_like(state["codes"]))  # replaced, as in CPM-Net
        super()._load_from_state_dict(state, prefix, *rest)

    def hidden(self, batch, weight):
        return torch.cat(list(batch.masked().features.values()), dim=-1) @ weight.T

    def loss(self, batch, phase, group=0):
        if phase == "pretrain":
            logits = self.hidden(batch, self.first.weight) + self.first.bias
        else:
            logits = self.second(self.hidden(batch, self.frozen)) + self.codes.sum(0).mean() * 1e-3
        entropy = torch.nn.functional.cross_entropy(logits[batch.valid], batch.labels[batch.valid])
        return Loss(
            entropy + (self.codes**2).sum() * (group == 1), {f"group{group}": entropy.detach()}
        )

    def predict(self, batch):
        return self.second(self.hidden(batch, self.frozen))
