"""Bidirectional GRUs of all members at once: a turn is one batched product for everybody.

Cho et al. 2014, with the reset gate after the product, as torch has it. Shapes: K members, B
dialogues, T utterances, H hidden; G = 2 K readers, the members forwards, then backwards.
"""

import math

import torch
from torch import Tensor, nn


class StackedGru(nn.Module):
    """(K, B, T, H) -> (K, B, T, 2H). Padding comes last, and is read by nobody before it."""

    def __init__(self, n_members: int, width: int) -> None:
        super().__init__()
        self.n_members = n_members
        bound = 1 / math.sqrt(width)

        def draw(*shape: int) -> nn.Parameter:
            return nn.Parameter(torch.empty(*shape).uniform_(-bound, bound))

        self.from_input = draw(2, n_members, width, 3 * width)
        self.input_bias = draw(2, n_members, 1, 3 * width)
        self.from_state = draw(2 * n_members, width, 3 * width)
        self.state_bias = draw(2 * n_members, 1, width)  # of the candidate alone

    def forward(self, x: Tensor, valid: Tensor) -> Tensor:
        """What each direction knows after an utterance; `valid` (B, T)."""
        _, n_dialogues, n_steps, width = x.shape
        mirror = mirrored_steps(valid)[None, :, :, None].expand_as(x)
        inputs = torch.stack([x, x.gather(2, mirror)]).flatten(2, 3)  # (2, K, B T, H)

        gates = inputs @ self.from_input + self.input_bias
        gates = gates.view(2 * self.n_members, n_dialogues, n_steps, 3 * width)
        states = self._read(gates).view(2, *x.shape)
        return torch.cat([states[0], states[1].gather(2, mirror)], dim=-1)

    def _read(self, gates: Tensor) -> Tensor:
        """Shares of the inputs in reset, update, candidate (G, B, T, 3H) -> (G, B, T, H)."""
        width = gates.shape[-1] // 3
        both, candidate = self.from_state[..., : 2 * width], self.from_state[..., 2 * width :]
        state = gates.new_zeros(*gates.shape[:2], width)
        states = []
        for own in gates.unbind(dim=2):
            own_both, own_candidate = own[..., : 2 * width], own[..., 2 * width :]
            reset, update = torch.baddbmm(own_both, state, both).sigmoid().chunk(2, dim=2)
            recalled = torch.baddbmm(self.state_bias, state, candidate)
            state = torch.lerp(torch.tanh(own_candidate + reset * recalled), state, update)
            states.append(state)
        return torch.stack(states, dim=2)


def mirrored_steps(valid: Tensor) -> Tensor:
    """(B, T) bool -> (B, T) int64: the t-th utterance from the end of a dialogue; padding stays."""
    steps = torch.arange(valid.shape[1], device=valid.device)
    return torch.where(valid, valid.sum(dim=1, keepdim=True) - 1 - steps, steps)
