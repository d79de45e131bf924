"""A pickle is described as Python's own writer and reader have it, and nothing of it is done."""

import pickle
from collections import OrderedDict
from contextlib import suppress
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.base.pickle_machine import PickleError
from pipeline.base.pickles import Call, read_pickle

ATOMS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
KEYS = st.text() | st.integers(0, 2**31)
PLAIN = st.recursive(
    ATOMS,
    lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner) | st.tuples(inner, inner),
    max_leaves=20,
)


def described(content):
    return read_pickle(BytesIO(content))


@given(value=PLAIN, protocol=st.integers(0, 5))
def test_plain_values_are_what_python_reads(value, protocol):
    assert described(pickle.dumps(value, protocol=protocol)) == value


@pytest.mark.parametrize("protocol", range(6))
def test_a_call_is_told_and_not_made(protocol):
    call = described(pickle.dumps(OrderedDict(a=[1]), protocol=protocol))
    assert isinstance(call, Call)
    assert call.path == "collections.OrderedDict"
    assert call.items == {"a": [1]}


def test_what_one_object_is_twice_stays_one():
    shared = [1]
    first, second = described(pickle.dumps([shared, shared]))
    assert first is second


def test_the_stream_is_left_behind_the_pickle():
    stream = BytesIO(pickle.dumps(1) + pickle.dumps(2) + b"rest")
    assert (read_pickle(stream), read_pickle(stream), stream.read()) == (1, 2, b"rest")


@pytest.mark.parametrize(
    "content", [b"", b"(", b"t.", b"(.", b"]\x94", b"\xff.", b"h\x05.", b"Ns."]
)
def test_what_is_no_pickle_is_an_error_of_ours(content):
    with pytest.raises(PickleError):
        described(content)


@given(content=st.binary(max_size=200))
def test_any_bytes_end_in_a_value_or_our_error(content):
    with suppress(PickleError):
        described(content)
