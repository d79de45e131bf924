"""Candidates of the search for our recipe, trained and asked (benchmarks/search_recipe.py).

Masks are drawn by the project's own generator, at rates from U(0, 0.7). Shapes: B dialogues, T
utterances, K members, C outputs, D_m features, M modalities.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from benchmarks.recipe_networks import CandidateSettings, Network
from pipeline.base.records import MODALITIES
from pipeline.config.tasks import ScoredTask
from pipeline.conversations.dataset import Conversations
from pipeline.protocol.availability import spread, withhold

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Padded:
    """Dialogues padded to one length."""

    features: Mapping[str, Tensor]  # (B, T, D_m)
    extracted: Tensor  # (B, T, 3)
    valid: Tensor  # (B, T)
    speakers: Tensor  # (B, T)
    labels: Tensor  # (B, T)
    rows: NDArray[np.int64]  # (n,) place in line of each valid cell

    @classmethod
    def of(cls, conversations: Conversations, dialogues: Ints) -> "Padded":
        """These dialogues, in order."""
        index = conversations.index
        lengths = torch.from_numpy(index.lengths[dialogues])
        valid = torch.arange(int(lengths.max())) < lengths[:, None]
        starts = torch.from_numpy(index.starts[dialogues])
        places = torch.where(valid, starts[:, None] + torch.arange(valid.shape[1]), 0)
        rows = conversations.rows[places]

        return cls(
            {name: stored[rows] for name, stored in conversations.features.items()},
            conversations.extracted[places] & valid[..., None],
            valid,
            conversations.speakers[places],
            conversations.labels[places] * valid,
            places[valid].numpy(),
        )


class Candidate:
    """Trains, predicts."""

    def __init__(
        self, settings: CandidateSettings, conversations: Conversations, task: ScoredTask, seed: int
    ) -> None:
        torch.manual_seed(seed)
        self.rng = np.random.default_rng(seed)
        self.settings, self.conversations, self.task = settings, conversations, task
        dims = {name: stored.shape[1] for name, stored in conversations.features.items()}
        n_out = len(task.classes) if task.kind == "classification" else 1
        self.network = Network(settings, dims, n_out)
        self.mean = [p.detach().clone() for p in self.network.parameters()]

    def count_parameters(self) -> int:
        """Of all members."""
        return sum(parameter.numel() for parameter in self.network.parameters())

    def train(self, dialogues: Ints) -> None:
        """All epochs; then the running mean is what predicts."""
        s, network = self.settings, self.network
        optimizer = torch.optim.AdamW(network.parameters(), lr=s.lr, weight_decay=s.decay)

        n_steps = 0
        for epoch in range(s.epochs):
            network.train()
            if s.cool:
                optimizer.param_groups[0]["lr"] = s.lr * (1 - epoch / s.epochs)
            order = self.rng.permutation(dialogues)
            for start in range(0, len(order), s.batch):
                loss = self._loss(Padded.of(self.conversations, order[start : start + s.batch]))
                optimizer.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(network.parameters(), 1.0 * s.members**0.5)
                optimizer.step()
                n_steps += 1
                share = s.average / (1 - (1 - s.average) ** n_steps if s.fair else 1)
                with torch.no_grad():
                    for mean, parameter in zip(self.mean, network.parameters(), strict=True):
                        mean.lerp_(parameter, share)

        with torch.no_grad():
            for mean, parameter in zip(self.mean, network.parameters(), strict=True):
                parameter.copy_(mean)

    def predict(self, batch: Padded, mask: NDArray[np.bool_]) -> NDArray[np.float32]:
        """(n, C) under a mask (n, 3) of the valid utterances."""
        self.network.eval()
        with torch.no_grad():
            usable = self._usable(batch, torch.from_numpy(np.ascontiguousarray(mask)))[None]
            logits = self.network(batch.features, usable, batch.valid, batch.speakers)
        if self.task.kind == "classification":
            logits = logits.softmax(-1)
        return logits.mean(0)[batch.valid].numpy()

    def _usable(self, batch: Padded, mask: Tensor) -> Tensor:
        """(n, 3) -> (B, T, M)."""
        available = torch.zeros_like(batch.extracted)
        available[batch.valid] = mask
        columns = [MODALITIES.index(name) for name in self.network.names]
        return (available & batch.extracted)[..., columns]

    def _mask(self, batch: Padded) -> Tensor:
        names = self.network.names
        columns = [MODALITIES.index(name) for name in names]
        extracted = batch.extracted[batch.valid].numpy()[:, columns]
        kept = withhold(extracted, float(self.rng.uniform(0, 0.7)), "exact", self.rng)
        return torch.from_numpy(spread(kept, names))

    def _loss(self, batch: Padded) -> Tensor:
        s = self.settings
        usable = self._usable(batch, self._mask(batch))[None]
        if s.dialogue_drop:
            gone = torch.rand(s.members, len(usable[0]), 1, usable.shape[-1]) < s.dialogue_drop
            usable = usable & ~(gone & ~gone.all(-1, keepdim=True))  # some keep nothing at all
        logits = self.network(batch.features, usable, batch.valid, batch.speakers)
        where = batch.valid[None].expand(s.members, -1, -1)
        labels = batch.labels[None].expand(s.members, -1, -1)[where]
        if self.task.kind == "regression":
            return F.mse_loss(logits[where].squeeze(-1), labels)
        return F.cross_entropy(logits[where], labels, label_smoothing=s.smooth)
