import math

import pytest
import torch
from torch import nn

from models import layers
from models.fast.dropout import Dropout
from models.fast.layout import Layout
from models.layers import (
    FeedForward,
    MultiHeadAttention,
    attend_written_out,
    convolve,
    masked_biases,
)

LENGTHS = (5, 1, 9, 4)
VALID = torch.arange(9) < torch.tensor(LENGTHS)[:, None]


def torch_attention(ours, dim):
    """torch's own layer with the weights of ours."""
    theirs = nn.MultiheadAttention(dim, ours.n_heads, batch_first=True)
    inputs = (ours.query, ours.key, ours.value)
    theirs.in_proj_weight.data = torch.cat([part.weight for part in inputs])
    theirs.in_proj_bias.data = torch.cat([part.bias for part in inputs])
    theirs.out_proj.load_state_dict(ours.output.state_dict())
    return theirs


@pytest.mark.parametrize("is_padded", [False, True])
@pytest.mark.parametrize("has_bias", [False, True])
def test_attention_agrees_with_torch(is_padded, has_bias):
    torch.manual_seed(0)
    ours = MultiHeadAttention(8, 2, dropout=0.0)
    x, source, bias = torch.randn(4, 9, 8), torch.randn(4, 9, 8), torch.randn(4, 9, 9)
    layout = Layout.of(VALID, is_padded=is_padded)
    biases = None
    if has_bias:
        parts, position = [], 0
        for bucket in layout.buckets:
            own = layout.dialogues[position : position + bucket.n_dialogues]
            position += bucket.n_dialogues
            parts.append(bias[list(own), None, : bucket.n_steps, : bucket.n_steps])
        biases = masked_biases(parts, layout)
    maps = []
    out = ours(layout.pack(x), layout.pack(source), layout, biases, maps)
    added = bias if has_bias else torch.zeros_like(bias)
    expected, weights = torch_attention(ours, 8)(
        x,
        source,
        source,
        key_padding_mask=torch.zeros(VALID.shape).masked_fill(~VALID, -torch.inf),
        attn_mask=added.repeat_interleave(2, dim=0),
        average_attn_weights=False,
    )
    there = torch.ones_like(VALID) if is_padded else VALID
    torch.testing.assert_close(layout.unpack(out)[there], expected[there])

    cells = there[:, None, :, None] & there[:, None, None, :]
    torch.testing.assert_close(layout.unpack_maps(maps) * cells, weights * cells)


def test_attention_heads_must_share_the_width():
    with pytest.raises(ValueError, match="hidden_dim=10 is not a multiple of n_heads=4"):
        MultiHeadAttention(10, 4, dropout=0.0)


@pytest.mark.parametrize("p", [0.5, 0.3])
def test_dropout_drops_its_share_and_keeps_the_mean(p):
    torch.manual_seed(0)
    dropped = Dropout(p)(torch.ones(999, 101))
    share = (dropped == 0).double().mean().item()
    assert share == pytest.approx(p, abs=4 * math.sqrt(p * (1 - p) / dropped.numel()))
    kept = dropped[dropped != 0]
    torch.testing.assert_close(kept, torch.full_like(kept, 1 / (1 - p)))


@pytest.mark.parametrize("p", [0.5, 0.3])
def test_dropout_treats_places_and_calls_independently(p):
    torch.manual_seed(0)
    masks = (Dropout(p)(torch.ones(3, 20000)) != 0).double()
    shifted = torch.stack([masks[0, 1:], masks[0, :-1]])
    eighth = torch.stack([masks[0, 8:], masks[0, :-8]])
    for pair in (masks[:2], masks[1:], shifted, eighth):
        assert abs(torch.corrcoef(pair)[0, 1].item()) < 0.03


def test_dropout_passes_gradients_where_it_passes_values():
    x = torch.randn(7, 9, dtype=torch.float64, requires_grad=True)
    out = Dropout(0.5)(x)
    out.sum().backward()
    torch.testing.assert_close(x.grad * x.detach(), out.detach())


def test_dropout_follows_the_global_seed_and_rests_at_evaluation():
    layer, x = Dropout(0.5), torch.randn(4, 33)
    torch.manual_seed(1)
    first = layer(x)
    torch.manual_seed(1)
    assert torch.equal(layer(x), first)
    assert not torch.equal(layer(x), first)
    assert layer.eval()(x) is x


@pytest.mark.parametrize("p", [-0.1, 1.0])
def test_dropout_refuses_other_shares(p):
    with pytest.raises(ValueError, match=r"outside \[0, 1\)"):
        Dropout(p)


@pytest.mark.parametrize("groups", [1, 6])
@pytest.mark.parametrize("kernel", [1, 3, 7])
def test_convolution_meets_each_dialogue_alone(kernel, groups):
    torch.manual_seed(0)
    conv = nn.Conv1d(6, 6, kernel, padding=kernel // 2, groups=groups)
    x = torch.randn(4, 9, 6)
    layout = Layout.of(VALID)
    out = layout.unpack(convolve(layout.pack(x), layout, conv.weight, conv.bias, groups=groups))
    for b, length in enumerate(LENGTHS):
        alone = conv(x[b, :length].t()[None])[0].t()
        torch.testing.assert_close(out[b, :length], alone)


def test_feed_forward_is_two_linears_around_a_gelu():
    torch.manual_seed(0)
    layer = FeedForward(4, 2.5, dropout=0.5).eval()
    x = torch.randn(3, 4)
    hidden = x @ layer.expand.weight.t() + layer.expand.bias
    hidden = hidden * (1 + torch.erf(hidden / math.sqrt(2))) / 2
    expected = hidden @ layer.contract.weight.t() + layer.contract.bias
    assert hidden.shape == (3, 10)
    torch.testing.assert_close(layer(x), expected)


@pytest.mark.parametrize("has_bias", [False, True])
@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_attention_in_pieces_is_the_same_attention(monkeypatch, has_bias, dropout):
    torch.manual_seed(0)
    ours = MultiHeadAttention(8, 2, dropout=dropout).double()
    layout = Layout.of(VALID)
    found = []
    for limit in (layers.MAX_WEIGHTS, 40):
        monkeypatch.setattr(layers, "MAX_WEIGHTS", limit)
        torch.manual_seed(1)
        x = torch.randn(sum(LENGTHS), 8, dtype=torch.float64, requires_grad=True)
        parts = [torch.randn(b.n_dialogues, 1, b.n_steps, b.n_steps) for b in layout.buckets]
        biases = [part.double().requires_grad_() for part in parts] if has_bias else None
        masked = None if biases is None else masked_biases(biases, layout)
        out = (ours.eval() if dropout else ours)(x, x, layout, masked)
        grads = torch.autograd.grad(out.square().sum(), [x, *(biases or [])])
        found.append((out, *grads))

    for whole, pieces in zip(*found, strict=True):
        torch.testing.assert_close(pieces, whole)


def test_gradients_of_pieces_meet_the_dropout_of_their_values(monkeypatch):
    monkeypatch.setattr(layers, "MAX_WEIGHTS", 40)
    ours = MultiHeadAttention(8, 2, dropout=0.5).double()
    layout = Layout.of(VALID)
    x = torch.randn(sum(LENGTHS), 8, dtype=torch.float64, requires_grad=True)

    def seeded(value):
        torch.manual_seed(3)
        return ours(value, value, layout)

    assert torch.autograd.gradcheck(seeded, (x,), nondet_tol=0)


@pytest.mark.parametrize("kind", ["none", "bool", "bias"])
def test_attention_written_out_is_torchs_own(kind):
    torch.manual_seed(0)
    query, key, value = (
        torch.randn(3, 2, 5, 4, dtype=torch.float64, requires_grad=True) for _ in range(3)
    )
    reads = torch.tensor([[True] * 5, [True] * 2 + [False] * 3, [True] + [False] * 4])
    reads = reads[:, None, None, :]
    bias = torch.zeros(reads.shape).masked_fill(~reads, -torch.inf)
    mask = {"none": None, "bool": reads, "bias": bias}[kind]
    own = mask.double() if kind == "bias" else mask

    found = attend_written_out(query, key, value, mask)
    expected = torch.nn.functional.scaled_dot_product_attention(query, key, value, attn_mask=own)
    torch.testing.assert_close(found, expected, atol=1e-12, rtol=0)
    given = (query, key, value)
    for gradient, truth in zip(
        torch.autograd.grad(found.square().sum(), given),
        torch.autograd.grad(expected.square().sum(), given),
        strict=True,
    ):
        torch.testing.assert_close(gradient, truth, atol=1e-12, rtol=0)
