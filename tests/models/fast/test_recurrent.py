import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.utils.rnn import PackedSequence

from models.fast.layout import Layout
from models.fast.recurrent import BidirectionalLstm, Turns


@pytest.fixture(scope="module")
def lstm():
    torch.manual_seed(0)
    return BidirectionalLstm(5, 4, dropout=0.5).double().eval()


@settings(max_examples=30, deadline=None)
@given(lengths=st.lists(st.integers(0, 9), min_size=1, max_size=6).filter(any))
def test_equals_torchs_lstm_on_each_dialogue_alone(lstm, lengths):
    x = torch.randn(len(lengths), max(lengths), 5, dtype=torch.float64)
    valid = torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]
    layout = Layout.of(valid)
    ours = layout.unpack(lstm(layout.pack(x), Turns.of(layout)))
    for b, n in enumerate(lengths):
        if n:
            alone, _ = lstm.lstm(x[b, :n])
            torch.testing.assert_close(ours[b, :n], alone, atol=1e-10, rtol=0)


@settings(max_examples=20, deadline=None)
@given(lengths=st.lists(st.integers(1, 7), min_size=1, max_size=5))
def test_gradients_equal_those_of_torchs_lstm(lstm, lengths):
    valid = torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]
    turns = Turns.of(Layout.of(valid))
    x = torch.randn(sum(lengths), 5, dtype=torch.float64, requires_grad=True)
    weights = torch.randn(sum(lengths), 8, dtype=torch.float64)
    inputs = [x, *lstm.lstm.parameters()]
    ours = torch.autograd.grad((lstm(x, turns) * weights).sum(), inputs)
    packed = PackedSequence(x.index_select(0, turns.order), turns.n_dialogues)
    theirs = lstm.lstm(packed)[0].data.index_select(0, turns.inverse)
    expected = torch.autograd.grad((theirs * weights).sum(), inputs)
    torch.testing.assert_close(ours, expected, atol=1e-10, rtol=0)


def test_large_single_precision_products_agree_with_torchs_lstm():
    """Large enough that products go by oneDNN (`models.fast.products`)."""
    torch.manual_seed(0)
    lstm = BidirectionalLstm(64, 200, dropout=0.0)
    lengths = torch.arange(40, 0, -1)
    layout = Layout.of(torch.arange(40) < lengths[:, None])
    turns, x = Turns.of(layout), torch.randn(int(lengths.sum()), 64)
    packed = PackedSequence(x.index_select(0, turns.order), turns.n_dialogues)
    outputs = lstm(x, turns), lstm.lstm(packed)[0].data.index_select(0, turns.inverse)
    torch.testing.assert_close(*outputs, atol=1e-5, rtol=0)
    gradients = [torch.autograd.grad(y.square().sum(), lstm.parameters()) for y in outputs]
    torch.testing.assert_close(*gradients, atol=1e-3, rtol=1e-3)


def test_each_turn_follows_the_one_before_in_its_direction():
    valid = torch.tensor([[True, True, True], [True, False, False]])
    turns = Turns.of(Layout.of(valid))
    forwards = [(s.rows, s.before, s.n_before) for s in turns.steps(backwards=False)]
    assert forwards == [
        (slice(0, 2), slice(0, 0), 0),
        (slice(2, 3), slice(0, 1), 1),
        (slice(3, 4), slice(2, 3), 1),
    ]
    backwards = [(s.rows, s.before, s.n_before) for s in turns.steps(backwards=True)]
    assert backwards == [
        (slice(3, 4), slice(0, 0), 0),
        (slice(2, 3), slice(3, 4), 1),
        (slice(0, 2), slice(2, 3), 1),
    ]


def test_turns_are_all_first_utterances_then_all_second_ones():
    valid = torch.tensor([[True, False, False], [True, True, True], [True, True, False]])
    turns = Turns.of(Layout.of(valid))  # dialogues 1, 2, 0: rows 0-2, 3-4, 5
    assert turns.order.tolist() == [0, 3, 5, 1, 4, 2]
    assert turns.n_dialogues.tolist() == [3, 2, 1]
    assert turns.order[turns.inverse].tolist() == list(range(6))


def test_dropout_acts_between_the_layers_in_training_only(lstm):
    layout = Layout.of(torch.ones(1, 6, dtype=torch.bool))
    x = torch.randn(6, 5, dtype=torch.float64)
    turns = Turns.of(layout)
    assert torch.equal(lstm(x, turns), lstm(x, turns))
    lstm.train()
    assert not torch.equal(lstm(x, turns), lstm(x, turns))
    lstm.eval()
