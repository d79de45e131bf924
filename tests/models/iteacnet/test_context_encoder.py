"""Truth: Algorithm 1 of the paper, loop by loop, with inclusive segments (reading.md A.3)."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils._python_dispatch import TorchDispatchMode

from models.fast.layout import Layout
from models.iteacnet import context_encoder
from models.iteacnet.context_encoder import KEPT_STEPS, ContextEncoder, segment_means
from models.iteacnet.settings import ContextSettings

DIM, N_HEADS = 6, 4


def local_encoding(encoder, x):
    """Z_m: window by window, zeros beyond the ends. x (L, D) -> (L, D)."""
    if encoder.local is None:
        return x
    kernel = (
        encoder.local.conv.weight
        if hasattr(encoder.local, "conv")
        else torch.softmax(encoder.local.logits, 0)[None, None] * torch.eye(x.shape[1])[..., None]
    )

    rows = []
    for i in range(len(x)):
        row = encoder.local.conv.bias.clone() if hasattr(encoder.local, "conv") else 0.0
        for k in range(kernel.shape[2]):
            j = i + k - kernel.shape[2] // 2
            if 0 <= j < len(x):
                row = row + kernel[:, :, k].to(x.dtype) @ x[j]
        rows.append(row)

    return torch.stack(rows)


def algorithm_1(encoder, x, band):
    """(L, D) -> (L, L, d_e)."""
    z = local_encoding(encoder, x)
    means = torch.zeros(len(x), len(x), x.shape[1], dtype=x.dtype)
    for i in range(len(x)):
        for j in range(i, min(len(x), i + band + 1)):
            means[i][j] = z[i : j + 1].mean(dim=0)
            means[j][i] = means[i][j]
    return encoder.linear(means)


def make_encoder(seed=0, **options):
    torch.manual_seed(seed)
    encoder = ContextEncoder(DIM, N_HEADS, ContextSettings(**options))
    if options.get("local") == "shared_softmax":
        torch.nn.init.normal_(encoder.local.logits)
    return encoder


def encode(encoder, dialogues):
    """Dialogues (L, D) of any lengths in one batch -> their (d_e, L, L) biases."""
    n_steps = max(len(x) for x in dialogues)
    valid = torch.arange(n_steps) < torch.tensor([len(x) for x in dialogues])[:, None]
    padded = torch.nn.utils.rnn.pad_sequence(dialogues, batch_first=True)
    layout = Layout.of(valid)
    maps = layout.unpack_maps(encoder(layout.pack(padded), layout))
    return [maps[b, :, : len(x), : len(x)] for b, x in enumerate(dialogues)]


@settings(deadline=None, max_examples=15)
@given(
    st.lists(st.integers(1, 128), min_size=1, max_size=3),
    st.sampled_from([1, 2, 30]),
    st.sampled_from(["dense", "shared_softmax", "off"]),
    st.booleans(),
)
def test_equals_algorithm_1(lengths, band, local, per_head):
    encoder = make_encoder(local=local, band=band, per_head=per_head, dropout=0.5).eval()
    dialogues = [torch.randn(n, DIM) for n in lengths]
    for x, bias in zip(dialogues, encode(encoder, dialogues), strict=True):
        expected = algorithm_1(encoder, x, band).permute(2, 0, 1)
        torch.testing.assert_close(bias, expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("length", [30, 31, 32, 128])
def test_equals_algorithm_1_at_the_edge_of_the_band(length):
    encoder = make_encoder(dropout=0.0)
    x = 3 + torch.randn(length, DIM)
    (bias,) = encode(encoder, [x])
    torch.testing.assert_close(bias[0], algorithm_1(encoder, x, 30)[..., 0], rtol=0, atol=1e-6)


def test_band_is_inclusive_and_beyond_it_only_the_linear_bias_is_left():
    encoder = make_encoder(dropout=0.0)
    (bias,) = encode(encoder, [torch.randn(40, DIM)])
    steps = torch.arange(40)
    far = (steps - steps[:, None]).abs() > 30
    assert bool((bias[0][far] == encoder.linear.bias).all())
    assert bool((bias[0][~far] != encoder.linear.bias).all())


def test_segment_means_of_a_hand_worked_dialogue():
    means = segment_means(torch.tensor([2.0, 4.0, 9.0])[:, None, None], band=1)
    assert means[0, 0].tolist() == [[2.0, 3.0, 0.0], [3.0, 4.0, 6.5], [0.0, 6.5, 9.0]]


def test_long_dialogues_far_from_zero_lose_no_precision():
    scores = 100 + torch.randn(1024)
    means = segment_means(scores[:, None, None], band=30)[0, 0]
    for distance in range(31):
        exact = scores.double().unfold(0, distance + 1, 1).mean(dim=1)
        ours = means.diagonal(distance).double()
        torch.testing.assert_close(ours, exact, rtol=2e-7, atol=0)  # float32 resolves 1.2e-7


def test_maps_that_are_made_one_by_one_are_those_that_are_made_together(monkeypatch):
    scores = torch.randn(40, 3, 2, dtype=torch.float64, requires_grad=True)
    together = segment_means(scores, band=7)
    (gradient,) = torch.autograd.grad(together.square().sum(), scores)
    monkeypatch.setattr(context_encoder, "KEPT_STEPS", 39)
    one_by_one = segment_means(scores, band=7)
    assert torch.equal(one_by_one, together)
    (again,) = torch.autograd.grad(one_by_one.square().sum(), scores)
    torch.testing.assert_close(again, gradient, rtol=1e-12, atol=1e-12)


def test_shares_of_long_dialogues_are_not_kept():
    context_encoder._kept_shares.cache_clear()
    for length in (KEPT_STEPS, KEPT_STEPS + 1):
        segment_means(torch.randn(length, 1, 1), band=30)
    assert context_encoder._kept_shares.cache_info().currsize == 1


@pytest.mark.parametrize("local", ["dense", "shared_softmax", "off"])
@pytest.mark.parametrize("per_head", [False, True])
def test_gradients_are_right(local, per_head):
    encoder = make_encoder(local=local, band=3, per_head=per_head, dropout=0.0).double()
    layout = Layout.of(torch.arange(6) < torch.tensor([6, 2])[:, None])
    x = torch.randn(len(layout.cells), DIM, dtype=torch.float64, requires_grad=True)
    names, values = zip(*encoder.named_parameters(), strict=True)

    def run(rows, *parameters):
        state = dict(zip(names, parameters, strict=True))
        return tuple(torch.func.functional_call(encoder, state, (rows, layout)))

    assert torch.autograd.gradcheck(run, (x, *values))


@pytest.mark.parametrize("local", ["dense", "shared_softmax"])
def test_shortcut_without_dropout_equals_the_long_way(local):
    encoder = make_encoder(local=local)
    layout = Layout.of(torch.ones(2, 9, dtype=torch.bool))
    x = torch.randn(18, DIM)
    long_way = encoder.local(x, layout) @ encoder.linear.weight.t()
    short = encoder.local.projected(x, layout, encoder.linear.weight)
    torch.testing.assert_close(short, long_way, rtol=0, atol=1e-6)


class LargestTensor(TorchDispatchMode):
    """The most elements of any tensor that an operation returns."""

    def __init__(self):
        super().__init__()
        self.size = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        out = function(*args, **(kwargs or {}))
        parts = out if isinstance(out, tuple | list) else (out,)
        for part in parts:
            if isinstance(part, torch.Tensor):
                self.size = max(self.size, part.untyped_storage().nbytes() // part.element_size())
        return out


def test_no_tensor_of_pairs_times_features_is_ever_built():
    length, dim = 64, 64
    encoder = ContextEncoder(dim, 8, ContextSettings())
    layout = Layout.of(torch.ones(1, length, dtype=torch.bool))
    with LargestTensor() as largest:
        sum(part.sum() for part in encoder(torch.randn(length, dim), layout)).backward()
    assert length * dim <= largest.size <= 8 * length * dim < length * length * dim


def test_dropout_hits_the_input_and_the_local_encoding():
    encoder = make_encoder(dropout=0.5)
    encoder.dropout.forward = seen = Recorder(encoder.dropout.forward)
    encode(encoder, [torch.randn(5, DIM)])
    assert len(seen.inputs) == 2
    torch.testing.assert_close(seen.inputs[1], local_encoding(encoder, seen.outputs[0]))


class Recorder:
    def __init__(self, function):
        self.function, self.inputs, self.outputs = function, [], []

    def __call__(self, x):
        self.inputs.append(x)
        self.outputs.append(self.function(x))
        return self.outputs[-1]


def test_shared_kernel_starts_as_a_moving_average():
    encoder = ContextEncoder(DIM, N_HEADS, ContextSettings(local="shared_softmax"))
    layout = Layout.of(torch.ones(1, 9, dtype=torch.bool))
    x = torch.randn(9, DIM)
    torch.testing.assert_close(encoder.local(x, layout)[4], x[1:8].mean(dim=0))
    assert encoder.local.logits.numel() == 7


def test_an_even_window_has_no_middle():
    with pytest.raises(ValueError, match=r"context\.kernel=6 is even"):
        make_encoder(kernel=6)
