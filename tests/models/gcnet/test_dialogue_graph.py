"""Truth: the definitions of reading.md B.5, written edge by edge."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils._python_dispatch import TorchDispatchMode

from models.gcnet.dialogue_graph import (
    GraphConv,
    RelationalConv,
    Relations,
    Window,
    speaker_kinds,
    temporal_kinds,
)

DIALOGUES = st.lists(st.integers(1, 9), min_size=1, max_size=4)
REACH = st.integers(0, 4)

SPEAKERS = (2, 4)  # 4 and 16 relations: few and many for RelationalConv


def edges(lengths, past, future):
    """(source j, target i) pairs: j is heard by every i in [j - past, j + future] of its own."""
    first, pairs = 0, set()
    for n in lengths:
        for j in range(first, first + n):
            pairs |= {(j, i) for i in range(j - past, j + future + 1) if first <= i < first + n}
        first += n
    return pairs


def naive_relational(x, conv, pairs, kind_of):
    rows = []
    for i in range(len(x)):
        row = x[i] @ conv.root + conv.bias
        for r in range(len(conv.weight)):
            heard = [
                x[j] @ conv.weight[r] for j, k in sorted(pairs) if k == i and kind_of(j, i) == r
            ]
            if heard:
                row = row + torch.stack(heard).mean(dim=0)
        rows.append(row)
    return torch.stack(rows)


def naive_graph(x, conv, pairs):
    rows = []
    for i in range(len(x)):
        heard = [x[j] for j, k in pairs if k == i]
        total = torch.stack(heard).sum(dim=0) if heard else torch.zeros_like(x[i])
        rows.append(conv.root.weight @ x[i] + conv.heard.weight @ total + conv.heard.bias)
    return torch.stack(rows)


@pytest.fixture(scope="module")
def convolutions():
    torch.manual_seed(0)
    by_time = RelationalConv(5, 3, 3)
    by_speaker = {n: RelationalConv(5, 3, n * n) for n in SPEAKERS}
    graph = GraphConv(5, 3)
    for module in (by_time, *by_speaker.values(), graph):
        module.double()
        for parameter in module.parameters():
            torch.nn.init.normal_(parameter)
    return by_time, by_speaker, graph


@settings(max_examples=40, deadline=None)
@given(
    lengths=DIALOGUES,
    past=REACH,
    future=REACH,
    seed=st.integers(0, 99),
    n_speakers=st.sampled_from(SPEAKERS),
)
def test_layers_equal_a_transcription_edge_by_edge(
    convolutions, lengths, past, future, seed, n_speakers
):
    by_time, by_speaker, graph = convolutions
    rng = torch.Generator().manual_seed(seed)
    x = torch.randn(sum(lengths), 5, generator=rng, dtype=torch.float64)
    speakers = torch.randint(0, n_speakers, (len(x),), generator=rng)
    pairs = edges(lengths, past, future)
    window = Window.of(lengths, past, future, "cpu")

    def temporal(j, i):
        return 0 if i > j else 1 if i == j else 2

    def spoken(j, i):
        return int(speakers[i]) * n_speakers + int(speakers[j])

    kinds = temporal_kinds(window), speaker_kinds(window, speakers, n_speakers)
    checks = zip((by_time, by_speaker[n_speakers]), kinds, (temporal, spoken), strict=True)
    for conv, kind, kind_of in checks:
        ours = conv(x, Relations.of(window, kind, x.dtype))
        torch.testing.assert_close(
            ours, naive_relational(x, conv, pairs, kind_of), atol=1e-6, rtol=0
        )
    torch.testing.assert_close(graph(x, window), naive_graph(x, graph, pairs), atol=1e-6, rtol=0)


@settings(max_examples=30, deadline=None)
@given(
    lengths=st.lists(st.integers(1, 6), min_size=1, max_size=4),
    past=st.integers(0, 3),
    future=st.integers(0, 3),
    rows_more=st.integers(0, 3),
)
def test_a_window_of_fixed_shape_hears_the_same(convolutions, lengths, past, future, rows_more):
    _, by_speaker, graph = convolutions
    conv, n = by_speaker[2], sum(lengths)
    owner = torch.arange(len(lengths) + 1).repeat_interleave(torch.tensor([*lengths, rows_more]))
    fixed = Window.in_room(owner, owner < len(lengths), past, future)
    window = Window.of(lengths, past, future, "cpu")
    assert torch.equal(fixed.is_edge[:n], window.is_edge)
    assert not fixed.is_edge[n:].any()

    x = torch.randn(n + rows_more, 5, dtype=torch.float64)
    speakers = torch.arange(n + rows_more) % 2
    found = conv(x, Relations.of(fixed, speaker_kinds(fixed, speakers, 2), x.dtype))
    expected = conv(x[:n], Relations.of(window, speaker_kinds(window, speakers[:n], 2), x.dtype))
    torch.testing.assert_close(found[:n], expected, atol=1e-10, rtol=0)
    torch.testing.assert_close(graph(x, fixed)[:n], graph(x[:n], window), atol=1e-10, rtol=0)


def test_a_hand_made_window():
    """Three utterances, heard by the next one only (past 0, future 1)."""
    window = Window.of([3], past=0, future=1, device="cpu")
    assert window.is_edge.tolist() == [[False, True], [True, True], [True, True]]
    assert window.sources[1:].tolist() == [[0, 1], [1, 2]]
    assert temporal_kinds(window)[1:].tolist() == [[0, 1], [0, 1]]


@pytest.mark.parametrize("n_speakers", SPEAKERS)
def test_gradients_reach_features_and_weights(convolutions, n_speakers):
    conv = convolutions[1][n_speakers]
    window = Window.of([n_speakers**2, 2], n_speakers**2, 2, "cpu")
    speakers = torch.arange(n_speakers**2 + 2) % n_speakers
    kinds = speaker_kinds(window, speakers, n_speakers)
    relations = Relations.of(window, kinds, torch.float64)
    x = torch.randn(len(speakers), 5, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda value: conv(value, relations), (x,))
    conv(x, relations).sum().backward()
    assert conv.weight.grad.abs().sum(dim=(1, 2)).gt(0).all()


def test_a_speaker_beyond_the_network_is_refused():
    window = Window.of([2], 1, 1, "cpu")
    with pytest.raises(ValueError, match="speaker code 2 in a graph for n_speakers=2"):
        speaker_kinds(window, torch.tensor([0, 2]), 2)


class LargestTensor(TorchDispatchMode):
    """Notes the size of the largest tensor that any operation returns."""

    numel = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        for value in out if isinstance(out, tuple | list) else (out,):
            if isinstance(value, torch.Tensor):
                self.numel = max(self.numel, value.numel())
        return out


def test_memory_grows_with_the_length_of_a_dialogue_not_with_its_square():
    n, n_relations = 2000, 4
    conv = RelationalConv(8, 3, n_relations)
    x, speakers = torch.randn(n, 8), torch.randint(0, 2, (n,))
    with LargestTensor() as largest:
        window = Window.of([n], 2, 2, "cpu")
        conv(x, Relations.of(window, speaker_kinds(window, speakers, 2), x.dtype))
    assert largest.numel <= n * 5 * 5  # every node's few edges, compared with one another
