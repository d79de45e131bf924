"""The bidirectional LSTM of `recurrent` in fixed shapes: a step that a GPU can replay.

Packed sequences say their lengths on the CPU, so that nothing recorded can read them. Here each
direction of each layer is one call of torch's own LSTM over a padded bucket that begins with each
dialogue's first utterance, or with its last one: what pads it comes after all that counts, and is
never heard. The weights are those of `torch.nn.LSTM`.

Shapes: N rows of a `FixedLayout`, D inputs, H hidden.
"""

import warnings
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from models.fast.fixed_layout import FixedLayout


def read_fixed(lstm: nn.LSTM, between: nn.Module, x: Tensor, layout: FixedLayout) -> Tensor:
    """Rows (N, D) -> (N, 2H) by two layers, with `between` (dropout) between them."""
    first = _read_layer(lstm.all_weights[:2], [x, x], layout, lstm.training)
    return _read_second(lstm, between(first), layout)


def read_fixed_embedded(
    lstm: nn.LSTM, between: nn.Module, x: Tensor, layout: FixedLayout
) -> Tensor:
    """The same of rows (N, 8H) that were multiplied by the inputs' weights already."""
    unit = torch.eye(4 * lstm.hidden_size).to(x)
    weights = [[unit, *others] for _, *others in lstm.all_weights[:2]]
    first = _read_layer(weights, x.chunk(2, dim=1), layout, lstm.training)
    return _read_second(lstm, between(first), layout)


def _read_second(lstm: nn.LSTM, x: Tensor, layout: FixedLayout) -> Tensor:
    return _read_layer(lstm.all_weights[2:], [x, x], layout, lstm.training)


def _read_layer(
    weights: Sequence[Sequence[Tensor]],
    inputs: Sequence[Tensor],
    layout: FixedLayout,
    is_training: bool,
) -> Tensor:
    """Both directions of a layer, each with its own weights and inputs (N, D) -> (N, 2H)."""
    ahead = _read_ahead(inputs[0], weights[0], layout, is_training)
    behind = _read_ahead(layout.mirrored(inputs[1]), weights[1], layout, is_training)
    return torch.cat([ahead, layout.mirrored(behind)], dim=1)


def _read_ahead(
    x: Tensor, weights: Sequence[Tensor], layout: FixedLayout, is_training: bool
) -> Tensor:
    """One direction, first utterance to last: rows (N, D) -> hidden states (N, H)."""
    (bucket,) = layout.buckets
    padded = bucket.pad(x)
    begin = padded.new_zeros(1, bucket.n_dialogues, weights[1].shape[1])
    with warnings.catch_warnings():  # that weights of one direction are copied into one piece
        warnings.filterwarnings("ignore", message="RNN module weights are not part of single")
        hidden, _, _ = torch.lstm(
            padded, (begin, begin), list(weights), True, 1, 0.0, is_training, False, False
        )
    return bucket.unpad(hidden)
