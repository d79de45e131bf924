"""Truth: torch's pooling, convolution and Linear layers on each dialogue alone."""

import pytest
import torch
import torch.nn.functional as F

from models.fast.layout import Layout
from models.iteacnet.settings import CANDIDATE_SETS
from models.iteacnet.token_mixers import build_mixer

DIM, T = 8, 12
LENGTHS = (5, 1, 12, 2)
VALID = torch.arange(12) < torch.tensor(LENGTHS)[:, None]


def pad_time(x):
    return F.pad(x, (0, T - x.shape[1]))


def time_mlp(mixer, x):
    return mixer.outward(F.gelu(mixer.inward(pad_time(x))))[:, : x.shape[1]]


def time_linear(mixer, x):
    return mixer.linear(pad_time(x))[:, : x.shape[1]]


def average_pool(mixer, x):
    return F.avg_pool1d(x, 3, 1, 1, count_include_pad=False)


# Each maps one dialogue (D, L) -> (D, L).
TRUTH = {
    "time_mlp": time_mlp,
    "time_linear": time_linear,
    "average_pool": average_pool,
    "average_pool_minus_input": lambda mixer, x: average_pool(mixer, x) - x,
    "max_pool": lambda mixer, x: F.max_pool1d(x, 3, 1, 1),
    "identity": lambda mixer, x: x,
    "pointwise": lambda mixer, x: mixer.linear(x.t()).t(),
    "depthwise_conv": lambda mixer, x: F.conv1d(
        x, mixer.conv.weight, mixer.conv.bias, padding=1, groups=DIM
    ),
}


def make(name):
    torch.manual_seed(0)
    return build_mixer(name, DIM, n_heads=2, dropout=0.0, max_utterances=T)


@pytest.mark.parametrize("name", TRUTH)
def test_mixer_does_to_each_dialogue_what_its_name_says(name):
    mixer, x = make(name), torch.randn(4, 12, DIM)
    layout = Layout.of(VALID)
    out = layout.unpack(mixer(layout.pack(x), layout, None))
    for b, length in enumerate(LENGTHS):
        expected = TRUTH[name](mixer, x[b, :length].t()).t()
        torch.testing.assert_close(out[b, :length], expected)


@pytest.mark.parametrize("name", TRUTH)
def test_published_padding_is_seen_as_data(name):
    mixer, x = make(name), torch.randn(4, 12, DIM)
    layout = Layout.of(VALID, is_padded=True)
    out = layout.unpack(mixer(layout.pack(x), layout, None))
    for b in range(4):
        torch.testing.assert_close(out[b], TRUTH[name](mixer, x[b].t()).t())


@pytest.mark.parametrize("name", [*TRUTH, "attention"])
def test_mixer_keeps_the_shape_and_the_other_dialogues_out(name):
    mixer, x = make(name), torch.randn(4, 12, DIM)
    layout = Layout.of(VALID)
    before = layout.unpack(mixer(layout.pack(x), layout, None))
    x[2] += 1
    after = layout.unpack(mixer(layout.pack(x), layout, None))
    assert before.shape == x.shape
    torch.testing.assert_close(after[[0, 1, 3]], before[[0, 1, 3]], rtol=0, atol=0)
    assert not torch.allclose(after[2], before[2])


def test_every_named_candidate_can_be_built():
    for names in CANDIDATE_SETS.values():
        assert [make(name) for name in names]
    assert {name for names in CANDIDATE_SETS.values() for name in names} == {*TRUTH, "attention"}


def test_unknown_mixer_is_refused_by_name():
    with pytest.raises(ValueError, match=r"'gate' is unknown; known are attention, time_mlp"):
        make("gate")


@pytest.mark.parametrize("name", ["time_mlp", "time_linear"])
def test_a_dialogue_longer_than_the_time_layer_is_refused(name):
    layout = Layout.of(torch.ones(1, T + 1, dtype=torch.bool))
    with pytest.raises(ValueError, match=r"dialogue of 13 utterances.*max_utterances=12"):
        make(name)(torch.zeros(T + 1, DIM), layout, None)
