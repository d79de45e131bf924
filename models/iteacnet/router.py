"""The router and the mixture of candidates: paper Eq. 8, Eq. 9 as read in reading.md A.4.

Every candidate processes the whole dialogue; each utterance then weighs the candidates' outputs
for itself: out[t] = sum_o alpha[t, o] o(X)[t]. Dense, differentiable, the same at test; routers
are trained with all the rest on the same loss, at their own learning rate.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from models.fast.layout import Layout
from models.iteacnet.token_mixers import SelfAttention
from models.iteacnet.trace import BlockTrace
from models.layers import Biases


class Router(nn.Module):
    """X_alpha = softmax(Linear(X)) over the candidates, for each utterance (Eq. 8)."""

    def __init__(self, dim: int, n_candidates: int) -> None:
        super().__init__()
        self.linear = nn.Linear(dim, n_candidates)

    def forward(self, x: Tensor) -> Tensor:
        """(N, D) -> (N, O), rows sum to one."""
        return torch.softmax(self.linear(x), dim=-1)


class RoutedMixer(nn.Module):
    """Eq. 9. Without a router the candidates weigh the same; a single one is passed through."""

    def __init__(self, candidates: Sequence[nn.Module], router: Router | None) -> None:
        super().__init__()
        if not candidates:
            raise ValueError("mixers is empty: a block needs at least one token mixer")
        self.candidates = nn.ModuleList(candidates)
        self.router = router

    def forward(
        self, x: Tensor, layout: Layout, biases: Biases | None, trace: BlockTrace | None = None
    ) -> Tensor:
        """(N, D) normed rows -> (N, D)."""
        outputs = [self._run(mixer, x, layout, biases, trace) for mixer in self.candidates]
        if self.router is None and len(outputs) == 1:
            return outputs[0]
        weights = self._weights(x)
        if trace is not None:
            trace.router = weights.detach()
        mixed = outputs[0] * weights[:, :1]
        for i, output in enumerate(outputs[1:], start=1):
            mixed = torch.addcmul(mixed, output, weights[:, i : i + 1])
        return mixed

    def _weights(self, x: Tensor) -> Tensor:
        if self.router is None:
            n = len(self.candidates)
            return x.new_full((len(x), n), 1 / n)
        return self.router(x)

    @staticmethod
    def _run(
        mixer: nn.Module,
        x: Tensor,
        layout: Layout,
        biases: Biases | None,
        trace: BlockTrace | None,
    ) -> Tensor:
        if trace is not None and isinstance(mixer, SelfAttention):
            return mixer(x, layout, biases, trace.attention)
        return mixer(x, layout, biases)
