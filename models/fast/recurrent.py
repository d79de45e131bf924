"""A two-layer bidirectional LSTM over packed dialogues: padding does not exist for it.

Hochreiter and Schmidhuber 1997, reading.md B.5; weights, gates (i, f, g, o) and results are those
of `torch.nn.LSTM`, which runs on a GPU. On a CPU its backward pass takes a multiple of the forward
one (it fills a buffer of all gates at every turn and sums weight gradients turn by turn), so there
the recurrence is written out: what needs no turn, both projections' weight gradients above all, is
one matrix product over all rows.

Shapes: N rows in the order of time (`Turns`), D inputs, H hidden; T turns of the longest dialogue.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn.utils.rnn import PackedSequence

from models.fast import switch
from models.fast.dropout import Dropout
from models.fast.fixed_layout import FixedLayout
from models.fast.fixed_recurrent import read_fixed, read_fixed_embedded
from models.fast.layout import Layout
from models.fast.products import linear, multiply


@dataclass(frozen=True)
class Step:
    """The rows of one turn, and of the turn that was read before: those of as many dialogues."""

    rows: slice
    before: slice  # its k-th row belongs to the dialogue of the k-th row of `rows`
    n_before: int  # dialogues that had begun by then; the first `n_before` of `rows`


@dataclass(frozen=True)
class Turns:
    """All first utterances, then all second ones, and so on; longest dialogue first in each."""

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

    def steps(self, backwards: bool) -> list[Step]:
        """The turns in the order in which one direction reads them."""
        ends = [0, *self.n_dialogues.cumsum(0).tolist()]
        spans = list(pairwise(ends))
        if backwards:
            spans.reverse()
        steps, before = [], (0, 0)
        for start, end in spans:
            n_before = min(end - start, before[1] - before[0])
            begun = slice(before[0], before[0] + n_before)
            steps.append(Step(slice(start, end), begun, n_before))
            before = (start, end)
        return steps


class BidirectionalLstm(nn.Module):
    """(N, D) -> (N, 2H), two layers, dropout between them."""

    def __init__(self, in_dim: int, hidden_dim: int, dropout: float) -> None:
        super().__init__()
        self.lstm = nn.LSTM(in_dim, hidden_dim, 2, bidirectional=True, dropout=dropout)
        self.dropout = Dropout(dropout)

    def forward(self, x: Tensor, turns: Turns | FixedLayout) -> Tensor:
        """Rows of a layout (N, D) -> (N, 2H)."""
        if isinstance(turns, FixedLayout):
            return read_fixed(self.lstm, self.dropout, x, turns)
        rows = x.index_select(0, turns.order)
        if x.device.type == "cpu" and switch.is_on():
            rows = self._read(self._gates(0, rows), turns)
        else:
            rows = self.lstm(PackedSequence(rows, turns.n_dialogues))[0].data
        return rows.index_select(0, turns.inverse)

    def input_weight(self) -> Tensor:
        """(8H, D): both directions' weights of what comes in."""
        return torch.cat([weights[0] for weights in self._weights(0)])

    def read_embedded(self, x: Tensor, turns: Turns | FixedLayout) -> Tensor:
        """`forward` of rows that were multiplied by `input_weight` already: (N, 8H) -> (N, 2H)."""
        if isinstance(turns, FixedLayout):
            return read_fixed_embedded(self.lstm, self.dropout, x, turns)
        rows = x.index_select(0, turns.order)
        biases = [input_bias + hidden_bias for _, _, input_bias, hidden_bias in self._weights(0)]
        gates = [own + bias for own, bias in zip(rows.chunk(2, dim=1), biases, strict=True)]
        return self._read(gates, turns).index_select(0, turns.inverse)

    def _read(self, gates: Sequence[Tensor], turns: Turns) -> Tensor:
        steps = (turns.steps(backwards=False), turns.steps(backwards=True))
        first = self._turn_by_turn(0, gates, steps)
        return self._turn_by_turn(1, self._gates(1, self.dropout(first)), steps)

    def _turn_by_turn(
        self, layer: int, gates: Sequence[Tensor], steps: Sequence[Sequence[Step]]
    ) -> Tensor:
        directions = zip(gates, self._weights(layer), steps, strict=True)
        return torch.cat([_recur(own, weights[1], order) for own, weights, order in directions], 1)

    def _gates(self, layer: int, rows: Tensor) -> list[Tensor]:
        """What the inputs (N, D) add to all gates, (N, 4H) for each direction."""
        return [linear(rows, w, b + c) for w, _, b, c in self._weights(layer)]

    def _weights(self, layer: int) -> Sequence[Sequence[Tensor]]:
        """Of inputs and of hidden states, biases of each: forwards, backwards."""
        return self.lstm.all_weights[2 * layer : 2 * layer + 2]


def _recur(gates: Tensor, hidden_weight: Tensor, steps: Sequence[Step]) -> Tensor:
    """One direction of one layer: (N, 4H), overwritten, weight (4H, H) -> hidden states (N, H)."""
    return _Recurrence.apply(gates, hidden_weight, steps)  # type: ignore[no-untyped-call]


class _Recurrence(torch.autograd.Function):
    """Gates (N, 4H) of the inputs alone, recurrent weight (4H, H) -> hidden states (N, H)."""

    @staticmethod
    def forward(ctx: Any, gates: Tensor, weight: Tensor, steps: Sequence[Step]) -> Tensor:
        width = weight.shape[1]
        hidden, cell = (gates.new_empty(len(gates), width) for _ in range(2))
        squashed = torch.empty_like(cell)  # tanh of the cell
        by_hidden = weight.T.contiguous()

        for step in steps:
            own, n = gates[step.rows], step.n_before
            if n:
                own[:n].add_(multiply(hidden[step.before], by_hidden))
            own[:, : 2 * width].sigmoid_()
            own[:, 2 * width : 3 * width].tanh_()
            own[:, 3 * width :].sigmoid_()

            i, f, g, o = own.chunk(4, dim=1)
            state = torch.mul(i, g, out=cell[step.rows])
            if n:
                state[:n].addcmul_(f[:n], cell[step.before])
            torch.tanh(state, out=squashed[step.rows])
            torch.mul(o, squashed[step.rows], out=hidden[step.rows])

        ctx.save_for_backward(gates, weight, hidden, cell, squashed)
        ctx.steps = steps
        return hidden

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, None]:
        gates, weight, hidden, cell, squashed = ctx.saved_tensors
        previous = [_shift(value, ctx.steps) for value in (hidden, cell)]
        slopes, leak = _slopes(gates, previous[1], squashed)
        d_hidden, d_cell, d_gates = grad.clone(), torch.zeros_like(cell), torch.empty_like(slopes)
        forget = gates.chunk(4, dim=1)[1]

        for step in reversed(ctx.steps):
            rows, n = step.rows, step.n_before
            own = d_cell[rows].addcmul_(d_hidden[rows], leak[rows])
            torch.mul(slopes[rows, :3], own.unsqueeze(1), out=d_gates[rows, :3])
            torch.mul(slopes[rows, 3], d_hidden[rows], out=d_gates[rows, 3])
            if n:
                d_hidden[step.before].add_(multiply(d_gates[rows].flatten(1)[:n], weight))
                d_cell[step.before].addcmul_(own[:n], forget[rows][:n])

        flat = d_gates.flatten(1)
        return flat, multiply(flat.T, previous[0]), None


def _shift(values: Tensor, steps: Sequence[Step]) -> Tensor:
    """(N, H) -> what each row had before it in its dialogue, 0 where it began."""
    shifted = torch.zeros_like(values)
    for step in steps:
        shifted[step.rows][: step.n_before] = values[step.before]
    return shifted


def _slopes(gates: Tensor, cell_before: Tensor, squashed: Tensor) -> tuple[Tensor, Tensor]:
    """Derivatives by each gate before activation (N, 4, H), and of hidden by cell (N, H).

    The first three are of the cell, the last, the output gate's, is of the hidden state.
    """
    i, f, g, o = gates.chunk(4, dim=1)

    slopes = torch.stack(
        [
            g * i * (1 - i),
            cell_before * f * (1 - f),
            i * (1 - g.square()),
            squashed * o * (1 - o),
        ],
        dim=1,
    )
    return slopes, o * (1 - squashed.square())
