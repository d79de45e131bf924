"""Truth: torch's own LSTM, and its own GRU, over each dialogue alone."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models.fast.fixed_layout import FixedLayout, FixedShape
from models.fast.fixed_recurrent import read_fixed_gru
from models.fast.products import linear
from models.fast.recurrent import BidirectionalLstm

LENGTHS = st.lists(st.integers(0, 7), min_size=1, max_size=5).filter(any)


@pytest.fixture(scope="module")
def lstm():
    torch.manual_seed(0)
    return BidirectionalLstm(5, 4, dropout=0.5).double().eval()


def in_room(lengths, rows_more, steps_more):
    room = FixedShape(len(lengths), max(lengths) + steps_more, sum(lengths) + rows_more)
    return FixedLayout.in_room(torch.tensor(lengths), room, is_full=not rows_more)


def alone(lstm, x, lengths):
    parts = [part for part in x[: sum(lengths)].split(lengths) if len(part)]
    return torch.cat([lstm.lstm(part)[0] for part in parts])


@settings(max_examples=30, deadline=None)
@given(LENGTHS, st.integers(0, 3), st.integers(0, 3))
def test_rows_and_gradients_are_those_of_each_dialogue_alone(lstm, lengths, rows_more, steps_more):
    layout, n = in_room(lengths, rows_more, steps_more), sum(lengths)
    x = torch.randn(n + rows_more, 5, dtype=torch.float64, requires_grad=True)
    weights = torch.randn(n, 8, dtype=torch.float64)
    inputs = [x, *lstm.lstm.parameters()]
    found, expected = lstm(x, layout)[:n], alone(lstm, x, lengths)
    torch.testing.assert_close(found, expected, atol=1e-10, rtol=0)
    for gradient, truth in zip(
        torch.autograd.grad((found * weights).sum(), inputs),
        torch.autograd.grad((expected * weights).sum(), inputs),
        strict=True,
    ):
        torch.testing.assert_close(gradient, truth, atol=1e-10, rtol=0)


@settings(max_examples=20, deadline=None)
@given(LENGTHS, st.integers(0, 3), st.integers(0, 3))
def test_a_gru_reads_each_dialogue_alone(lengths, rows_more, steps_more):
    torch.manual_seed(0)
    gru = torch.nn.GRU(5, 4, bidirectional=True).double()
    layout, n = in_room(lengths, rows_more, steps_more), sum(lengths)
    x = torch.randn(n + rows_more, 5, dtype=torch.float64, requires_grad=True)
    inputs = [x, *gru.parameters()]
    found = read_fixed_gru(gru, x, layout)[:n]
    expected = torch.cat([gru(part)[0] for part in x[:n].split(lengths) if len(part)])
    torch.testing.assert_close(found, expected, atol=1e-10, rtol=0)
    for gradient, truth in zip(
        torch.autograd.grad(found.square().sum(), inputs),
        torch.autograd.grad(expected.square().sum(), inputs),
        strict=True,
    ):
        torch.testing.assert_close(gradient, truth, atol=1e-10, rtol=0)


@settings(max_examples=20, deadline=None)
@given(LENGTHS)
def test_rows_that_were_multiplied_already_give_the_same(lstm, lengths):
    layout = in_room(lengths, 2, 1)
    x = torch.randn(sum(lengths) + 2, 5, dtype=torch.float64)
    embedded = lstm.read_embedded(linear(x, lstm.input_weight()), layout)
    torch.testing.assert_close(embedded, lstm(x, layout), atol=1e-10, rtol=0)


def test_dropout_lies_between_the_layers_alone():
    """Without the second layer's inputs nothing is left to chance."""
    torch.manual_seed(0)
    lstm = BidirectionalLstm(5, 4, dropout=0.5).train()
    layout, x = in_room([3, 2], 0, 0), torch.randn(5, 5)
    assert not torch.equal(lstm(x, layout), lstm(x, layout))
    with torch.no_grad():
        for name in ("weight_ih_l1", "weight_ih_l1_reverse"):
            getattr(lstm.lstm, name).zero_()
    assert torch.equal(lstm(x, layout), lstm(x, layout))
