"""What a modality's branch of ComP is made of: perceptrons, attention, prompts.

Shapes: B dialogues, T utterances, D values, K prototypes, P values of a prompt, H heads.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.fast.dropout import Dropout
from models.fast.products import Linear
from models.layers import attend


class Perceptron(nn.Module):
    """Linear, GELU, dropout, Linear, dropout."""

    def __init__(self, n_in: int, width: int, n_out: int, dropout: float) -> None:
        super().__init__()
        self.expand, self.contract = Linear(n_in, width), Linear(width, n_out)
        self.dropout = Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """(..., I) -> (..., O)."""
        return self.over(self.expand(x))

    def over_time(self, x: Tensor) -> Tensor:
        """(B, D, T) -> (B, D, O): of the weights of all steps those of the first T."""
        return self.over(F.linear(x, self.expand.weight[:, : x.shape[2]], self.expand.bias))

    def over(self, hidden: Tensor) -> Tensor:
        """What follows the first Linear."""
        return self.dropout(self.contract(self.dropout(F.gelu(hidden))))


class AttentionLayer(nn.Module):
    """x + y + MLP(y), y = softmax(q k^T / sqrt(D / H)) v over the utterances that have it."""

    def __init__(self, dim: int, n_heads: int, dropout: float) -> None:
        super().__init__()
        if dim % n_heads:
            raise ValueError(f"comp: hidden_dim={dim} is not a multiple of n_heads={n_heads}")
        self.n_heads = n_heads
        self.query, self.key, self.value = (Linear(dim, dim) for _ in range(3))
        self.feed_forward = Perceptron(dim, dim, dim, dropout)

    def forward(self, x: Tensor, has: Tensor) -> Tensor:
        """(B, T, D), (B, T) bool keys -> (B, T, D); nothing is heard where there is no key."""
        query, key, value = (
            layer(x).unflatten(2, (self.n_heads, -1)).transpose(1, 2)
            for layer in (self.query, self.key, self.value)
        )
        is_any = has.any(dim=1, keepdim=True)
        keys = (has | ~is_any)[:, None, None, :]  # without any key there would be no number
        heard = attend(query, key, value, keys)
        heard = heard.transpose(1, 2).flatten(2) * is_any.unsqueeze(2)
        return x + heard + self.feed_forward(heard)


class Prompter(nn.Module):
    """Sums up a modality's dialogue for the others: a prompt for each utterance.

    prompt_t = MLP(sum_k softmax_k(cos(x_t, c_k)) c_k) + W x_t, prototypes c by an MLP over time.
    """

    def __init__(self, dim: int, prompt_dim: int, dropout: float) -> None:
        super().__init__()
        self.shorten = Perceptron(dim, prompt_dim, prompt_dim, dropout)
        self.direct = Linear(dim, prompt_dim)

    def forward(self, x: Tensor, prototypes: Tensor, has: Tensor) -> Tensor:
        """(B, T, D), (B, K, D), (B, T) bool -> (B, T, P), zeros where the modality is missing."""
        nearness = F.normalize(x, dim=2) @ F.normalize(prototypes, dim=2).transpose(1, 2)
        told = nearness.softmax(dim=2) @ prototypes
        return (self.shorten(told) + self.direct(x)) * has.unsqueeze(2)


class Exchange(nn.Module):
    """A stage of prompting for one modality: what it hears of the others joins its own row."""

    def __init__(self, dim: int, heard_dim: int, dropout: float) -> None:
        super().__init__()
        self.heard_dim = heard_dim
        self.join = Linear(dim + heard_dim, dim)
        self.part = Perceptron(dim, dim, dim + heard_dim, dropout)

    def forward(self, row: Tensor, heard: Sequence[Tensor]) -> Tensor:
        """(B, T, D) and what is heard (B, T, ...) -> (B, T, D)."""
        joined: Tensor = self.join(torch.cat([row, *heard], dim=2))
        return joined

    def split(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(B, T, D) -> the modality's own (B, T, D), and what it keeps of its prompts."""
        own, kept = self.part(x).split([x.shape[2], self.heard_dim], dim=2)
        return own, kept
