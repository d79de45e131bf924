"""A two-layer bidirectional LSTM over packed dialogues: padding does not exist for it.

FACTS B.5. Shapes: N utterances of K dialogues, longest dialogue first, dialogue after dialogue
(`models.layout`); T turns of the longest.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from models.layout import Layout


@dataclass(frozen=True)
class Turns:
    """The same rows in the order of time: all first utterances, all second ones, and so on."""

    order: Tensor  # (N,) int64 row of `Layout` at each place
    inverse: Tensor  # (N,) int64 place of each row of `Layout`
    n_dialogues: Tensor  # (T,) int64 on the CPU: dialogues that have a t-th utterance

    @classmethod
    def of(cls, layout: Layout) -> "Turns":
        """Order the rows of `layout`, whose dialogues lie longest first."""
        lengths = torch.tensor(layout.lengths, dtype=torch.int64)
        turns = torch.arange(layout.lengths[0]).unsqueeze(1)
        has_turn = turns < lengths  # (T, K)
        order = (lengths.cumsum(0) - lengths + turns)[has_turn]
        device = layout.cells.device
        return cls(order.to(device), order.argsort().to(device), has_turn.sum(dim=1))


class BidirectionalLstm(nn.Module):
    """(N, D) -> (N, 2H), two layers, dropout between them."""

    def __init__(self, in_dim: int, hidden_dim: int, dropout: float) -> None:
        super().__init__()
        self.lstm = nn.LSTM(in_dim, hidden_dim, 2, bidirectional=True, dropout=dropout)

    def forward(self, x: Tensor, turns: Turns) -> Tensor:
        """Rows of a layout (N, D) -> (N, 2H)."""
        packed = PackedSequence(x.index_select(0, turns.order), turns.n_dialogues)
        out, _ = self.lstm(packed)
        rows: Tensor = out.data.index_select(0, turns.inverse)
        return rows
