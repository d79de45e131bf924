"""Bidirectional LSTMs and GRUs in fixed shapes: a step that a GPU can replay.

Packed sequences say their lengths on the CPU, so that nothing recorded can read them. Here each
direction of each layer is one call of torch's own unit over a padded bucket that begins with each
dialogue's first utterance, or with its last one: what pads it comes after all that counts, and is
never heard. The weights are those of `torch.nn.LSTM` and `torch.nn.GRU`.

Shapes: N rows of a `FixedLayout`, D inputs, H hidden.
"""

import warnings
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from models.fast.fixed_layout import FixedLayout

Weights = Sequence[Tensor]  # of inputs and of hidden states, biases of each
# Padded (S, K, D), first states (1, K, H), weights, is it training -> hidden states (S, K, H)
Unit = Callable[[Tensor, Tensor, Weights, bool], Tensor]


def read_fixed_gru(gru: nn.GRU, x: Tensor, layout: FixedLayout) -> Tensor:
    """Rows (N, D) -> (N, 2H) by the one layer."""
    return _read_layer(gru.all_weights, [x, x], layout, gru.training, _gru)


def read_fixed(lstm: nn.LSTM, between: nn.Module, x: Tensor, layout: FixedLayout) -> Tensor:
    """Rows (N, D) -> (N, 2H) by two layers, with `between` (dropout) between them."""
    first = _read_layer(lstm.all_weights[:2], [x, x], layout, lstm.training, _lstm)
    return _read_second(lstm, between(first), layout)


def read_fixed_embedded(
    lstm: nn.LSTM, between: nn.Module, x: Tensor, layout: FixedLayout
) -> Tensor:
    """The same of rows (N, 8H) that were multiplied by the inputs' weights already."""
    unit = torch.eye(4 * lstm.hidden_size).to(x)
    weights = [[unit, *others] for _, *others in lstm.all_weights[:2]]
    first = _read_layer(weights, x.chunk(2, dim=1), layout, lstm.training, _lstm)
    return _read_second(lstm, between(first), layout)


def _read_second(lstm: nn.LSTM, x: Tensor, layout: FixedLayout) -> Tensor:
    return _read_layer(lstm.all_weights[2:], [x, x], layout, lstm.training, _lstm)


def _read_layer(
    weights: Sequence[Weights],
    inputs: Sequence[Tensor],
    layout: FixedLayout,
    is_training: bool,
    unit: Unit,
) -> Tensor:
    """Both directions of a layer, each with its own weights and inputs (N, D) -> (N, 2H)."""
    ahead = _read_ahead(inputs[0], weights[0], layout, is_training, unit)
    behind = _read_ahead(layout.mirrored(inputs[1]), weights[1], layout, is_training, unit)
    return torch.cat([ahead, layout.mirrored(behind)], dim=1)


def _read_ahead(
    x: Tensor, weights: Weights, layout: FixedLayout, is_training: bool, unit: Unit
) -> Tensor:
    """One direction, first utterance to last: rows (N, D) -> hidden states (N, H)."""
    (bucket,) = layout.buckets
    padded = bucket.pad(x)
    begin = padded.new_zeros(1, bucket.n_dialogues, weights[1].shape[1])
    with warnings.catch_warnings():  # that weights of one direction are copied into one piece
        warnings.filterwarnings("ignore", message="RNN module weights are not part of single")
        return bucket.unpad(unit(padded, begin, weights, is_training))


def _lstm(padded: Tensor, begin: Tensor, weights: Weights, is_training: bool) -> Tensor:
    how = True, 1, 0.0, is_training, False, False  # biases, one layer, one direction
    return torch.lstm(padded, (begin, begin), list(weights), *how)[0]


def _gru(padded: Tensor, begin: Tensor, weights: Weights, is_training: bool) -> Tensor:
    return torch.gru(padded, begin, list(weights), True, 1, 0.0, is_training, False, False)[0]
