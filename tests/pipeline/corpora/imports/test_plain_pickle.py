"""Pickles as data: what Python itself reads, of all protocols, and nothing of what they name."""

import collections
import os
import pickle
import pickletools

import numpy as np
import pytest

from pipeline.base.pickle_machine import PickleError
from pipeline.corpora.imports.pickled_arrays import Opaque, plain_value
from pipeline.corpora.imports.plain_pickle import read_plain_pickle

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)
ARRAYS = {
    "float16": np.arange(6, dtype=np.float16).reshape(2, 3),
    "big_endian": np.arange(6, dtype=">f4").reshape(2, 3),
    "fortran": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "strided": np.arange(12.0).reshape(3, 4)[:, ::2],
    "none": np.zeros((0, 5), np.float32),
    "scalar": np.array(3.5),
    "texts": np.array(["hello", "caf\u00e9 \U0001f600", ""]),
    "bytes": np.array([b"ab", b"c"]),
    "flags": np.array([True, False]),
    "integers": np.array([2**63 - 1, -5], dtype=np.int64),
}


@pytest.fixture
def read(tmp_path):
    def do(content):
        path = tmp_path / "x.pkl"
        path.write_bytes(content)
        return read_plain_pickle(path)

    return do


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_are_those_of_pickle_itself(read, name, protocol):
    content = pickle.dumps({"x": ARRAYS[name]}, protocol=protocol)
    expected = pickle.loads(content)["x"]  # noqa: S301 - written one line above
    found = plain_value(read(content)["x"])
    assert (found.dtype.kind, found.dtype.itemsize) == (expected.dtype.kind, expected.itemsize)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_plain_values_are_those_of_pickle_itself(read, protocol):
    value = {
        "constants": [None, True, False, ()],
        "numbers": [0, 255, 65_536, -1, 2**31, 2**100, 1.5, float("inf")],
        "texts": ["", "caf\u00e9", "\U0001f600", "line\nbreak", b"", b"\x00\xff"],
        "deep": {"a": {"b": [(1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)]}},
        "many": list(range(3000)),
    }
    assert read(pickle.dumps(value, protocol=protocol)) == value


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_numpy_scalars_ordered_and_default_dictionaries_are_plain(read, protocol):
    value = {
        "ordered": collections.OrderedDict(a=np.float32(1.5), b=np.str_("x")),
        "default": collections.defaultdict(list, c=np.int64(3)),
    }
    assert read(pickle.dumps(value, protocol=protocol)) == value


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_objects_stay_plain_lists(read, protocol):
    ragged = np.empty(2, dtype=object)
    ragged[:] = [np.zeros((2, 3)), np.ones((1, 3))]
    found = plain_value(read(pickle.dumps({"x": ragged}, protocol=protocol))["x"])
    assert [plain_value(array).shape for array in found] == [(2, 3), (1, 3)]
    texts = np.array([["a", None], ["b", "c"]], dtype=object)
    assert plain_value(read(pickle.dumps({"x": texts}, protocol=protocol))["x"]) == texts.tolist()


# {"id": array(["a", "b"]), "x": arange(2, dtype="<f4"), u"t": "caf\xc3\xa9"} in protocol 0, as
# pickle.py of Python 2 spells texts (repr) and numpy its arrays.
PYTHON_2_ARRAY = (
    b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR(I1\n(I2\nt"
    b"cnumpy\ndtype\n(S'%s'\nI0\nI1\ntR(I3\nS'%s'\nNNNI%d\nI%d\nI0\ntbI00\nS%s\ntb"
)
PYTHON_2 = (
    b"(dS'id'\n"
    + PYTHON_2_ARRAY % (b"S1", b"|", 1, 1, b"'ab'")
    + b"sS'x'\n"
    + PYTHON_2_ARRAY % (b"f4", b"<", -1, -1, rb"'\x00\x00\x00\x00\x00\x00\x80?'")
    + b"sVt\nS'caf\\xc3\\xa9'\ns."
)


def test_pickles_of_python_2(read):
    expected = pickle.loads(PYTHON_2, encoding="latin1")  # noqa: S301 - the constant above
    found = read(PYTHON_2)
    assert plain_value(found["id"]).tolist() == expected["id"].tolist() == [b"a", b"b"]
    assert plain_value(found["x"]).tolist() == expected["x"].tolist() == [0.0, 1.0]
    assert found["t"] == b"caf\xc3\xa9"


class Evil:
    """Runs a command when unpickled."""

    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return os.system, (f"touch {self.marker}",)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_what_is_not_read_is_inert_and_does_not_matter(read, tmp_path, protocol):
    marker = tmp_path / "ran"
    found = read(pickle.dumps({"x": [1.0], "config": Evil(marker)}, protocol=protocol))
    assert found["x"] == [1.0]
    assert isinstance(found["config"], Opaque)
    assert found["config"].name in ("posix.system", "nt.system")
    assert not marker.exists()


def global_(module, name):
    return f"c{module}\n{name}\n".encode()


OBJECTS = global_("numpy", "dtype") + b"(S'O8'\nI00\nI01\ntR(I3\nS'|'\nNNNI-1\nI-1\nI0\ntb"
EMPTY_ARRAY = (
    global_("numpy.core.multiarray", "_reconstruct") + b"(" + global_("numpy", "ndarray")
) + b"(I0\ntS'b'\ntR"
POINTER = b"S'AAAAAAAA'\n"
HOSTILE = {
    "objects from bytes": EMPTY_ARRAY + b"(I1\n(I1\nt" + OBJECTS + b"I00\n" + POINTER + b"tb.",
    "an object scalar": global_("numpy.core.multiarray", "scalar")
    + b"("
    + OBJECTS
    + POINTER
    + b"tR.",
    "objects from a buffer": global_("numpy._core.numeric", "_frombuffer")
    + b"("
    + POINTER
    + OBJECTS
    + b"(I1\ntS'C'\ntR.",
    "a text as type code": global_("numpy", "dtype") + b"(S'O'\ntR(I3\nS'?'\nNNNI8\nI8\nI0\ntb.",
    "fewer bytes than the shape": EMPTY_ARRAY
    + b"(I1\n(I9\nt"
    + global_("numpy", "dtype")
    + b"(S'f8'\ntRI00\n"
    + POINTER
    + b"tb.",
    "a negative axis": EMPTY_ARRAY
    + b"(I1\n(I-1\nt"
    + global_("numpy", "dtype")
    + b"(S'f8'\ntRI00\n"
    + POINTER
    + b"tb.",
    "a shape that is a list": EMPTY_ARRAY
    + b"(I1\n(lp0\n"
    + global_("numpy", "dtype")
    + b"(S'f8'\ntRI00\n"
    + POINTER
    + b"tb.",
    "a memo at a chosen place": b"Np%d\n." % (2**61 - 1),
    "no end": b"\x80\x04]",
    "nothing": b"",
    "no pickle": b"PK\x03\x04 an archive",
    "an empty stack": b"\x80\x02R.",
    "a claim of a terabyte": b"\x8e" + (2**40).to_bytes(8, "little") + b"abc.",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_contradicts_itself_is_refused_with_its_place(read, name):
    with pytest.raises(PickleError, match=r"^byte \d+: "):
        read(HOSTILE[name])


def test_states_change_nothing_but_arrays_and_types(read):
    """A state for a class, a function or a plain value is passed over."""
    content = global_("os", "system") + b"(dS'name'\nS'x'\nsb."
    assert read(content).name == "os.system"
    assert read(b"]}b.") == []


def test_values_that_are_used_again_cannot_fill_the_memory(read):
    """One text of a megabyte, encoded a thousand times: a gigabyte out of one megabyte."""
    encode = global_("_codecs", "encode") + b"(g0\nVlatin1\ntR"
    content = b"(V" + b"a" * 2**20 + b"\np0\n" + encode * 1000 + b"l."
    with pytest.raises(PickleError, match="many times its size"):
        read(content)


def test_every_instruction_is_known_or_refused(read):
    """None of the library's instructions ends in anything but a value or our error."""
    for opcode in pickletools.opcodes:
        content = b"(]N" + opcode.code.encode("latin-1") + b"1\n" * 8 + b"."
        try:
            read(content)
        except PickleError:
            continue
