import pytest
import torch

from models.fast.layout import Layout
from models.iteacnet.router import RoutedMixer, Router
from models.iteacnet.token_mixers import build_mixer
from models.iteacnet.trace import BlockTrace

DIM = 8
VALID = torch.arange(7) < torch.tensor((7, 3, 1))[:, None]
NAMES = ("attention", "time_mlp", "average_pool", "max_pool")


def make(names, has_router):
    torch.manual_seed(0)
    candidates = [build_mixer(name, DIM, 2, 0.0, max_utterances=7) for name in names]
    return RoutedMixer(candidates, Router(DIM, len(names)) if has_router else None)


def rows():
    layout = Layout.of(VALID)
    return torch.randn(len(layout.cells), DIM), layout


def test_weights_sum_to_one_for_each_utterance():
    x, _ = rows()
    weights = Router(DIM, 4)(x)
    torch.testing.assert_close(weights.sum(dim=1), torch.ones(len(x)))
    assert bool((weights > 0).all())


def test_output_is_the_weighted_sum_of_all_candidates():
    mixer, (x, layout) = make(NAMES, has_router=True), rows()
    weights = torch.softmax(mixer.router.linear(x), dim=-1)
    expected = torch.zeros_like(x)
    for o, candidate in enumerate(mixer.candidates):
        processed = candidate(x, layout, None)
        for t in range(len(x)):
            expected[t] += weights[t, o] * processed[t]
    torch.testing.assert_close(mixer(x, layout, None), expected)


def test_without_a_router_candidates_weigh_the_same():
    mixer, (x, layout) = make(NAMES, has_router=False), rows()
    expected = torch.stack([candidate(x, layout, None) for candidate in mixer.candidates]).mean(0)
    torch.testing.assert_close(mixer(x, layout, None), expected)


@pytest.mark.parametrize("has_router", [False, True])
def test_a_single_candidate_is_passed_through_bit_for_bit(has_router):
    mixer, (x, layout) = make(("max_pool",), has_router), rows()
    assert torch.equal(mixer(x, layout, None), mixer.candidates[0](x, layout, None))


def test_trace_receives_weights_and_attention_maps():
    mixer, (x, layout), trace = make(NAMES, has_router=True), rows(), BlockTrace([])
    mixer(x, layout, None, trace)
    assert torch.equal(trace.router, mixer.router(x))
    maps = layout.unpack_maps(trace.attention)
    torch.testing.assert_close(maps.sum(dim=3), VALID[:, None].expand(3, 2, 7).float())


def test_a_block_needs_a_mixer():
    with pytest.raises(ValueError, match="mixers is empty"):
        RoutedMixer([], None)
