import tracemalloc

import numpy as np
import pytest
from safetensors.numpy import load_file, save

from pipeline.base.arrays import write_arrays
from pipeline.base.safetensors_file import TYPES, write_safetensors

METADATA = {"header": '{"a": "é\\" \t\x01"}'}


def test_the_bytes_are_those_of_the_library(tmp_path):
    rng = np.random.default_rng(0)
    of_types = {
        f"{prefix}{name}": rng.integers(0, 2, size=shape).astype(name)
        for prefix, shape in (("b", (3, 2)), ("a.é/", (5,)), ('c"', ()), ("d", (0, 4)))
        for name in TYPES
    }
    big_endian = {"x": np.arange(3, dtype=">f4")}
    for arrays in (of_types, {}, {"one": np.ones(1, np.float32)}, big_endian):
        write_safetensors(tmp_path / "x", arrays, METADATA)
        assert (tmp_path / "x").read_bytes() == save(arrays, metadata=METADATA)
        read = load_file(tmp_path / "x")
        assert all(np.array_equal(read[name], arrays[name]) for name in arrays)


def test_types_that_the_format_lacks_are_refused(tmp_path):
    with pytest.raises(TypeError, match=r"'words' is of type <U1"):
        write_safetensors(tmp_path / "x", {"words": np.array(["a"])}, {})


def test_nothing_is_held_twice(tmp_path):
    """Checkpoints of large networks are written where memory is full of them already."""
    arrays = {f"{i}": np.ones(2**22, np.float32) for i in range(4)}  # 64 MB
    tracemalloc.start()
    write_arrays(tmp_path / "x", arrays, {})
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**20
