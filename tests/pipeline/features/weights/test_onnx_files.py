"""ONNX files by their protocol buffer: the judge of what is whole is onnxruntime."""

import numpy as np
import onnxruntime
import pytest

from pipeline.base.errors import CheckpointError
from pipeline.features.weights.onnx_files import fields, has_external_data, read_onnx
from tests.pipeline import onnx_files as made

WEIGHT = np.ones((3, 4), np.float32)


def runs(content):
    return onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "net.onnx"
    path.write_bytes(made.image(WEIGHT, 8, 8))
    return path


def test_a_whole_file_is_read_as_it_is(path):
    content = read_onnx(path)
    assert content == path.read_bytes()
    (found,) = runs(content).run(None, {"pictures": np.ones((1, 3, 8, 8), np.float32)})
    np.testing.assert_allclose(found, np.full((1, 4), 3.0))


def test_numbers_in_another_file_are_refused_and_not_looked_at(path, tmp_path):
    (tmp_path / "numbers.bin").write_bytes(WEIGHT.tobytes())
    outside = made.external_tensor("weight", WEIGHT.shape, "numbers.bin")
    nodes = [made.node("MatMul", ["flat", "weight"], ["vectors"])]
    given, out = made.value("flat", ("n", 3)), made.value("vectors", ("n", 4))
    path.write_bytes(made.model(nodes, [given], [out], {"weight": outside}))
    with pytest.raises(CheckpointError, match=r"lie in other files\. Save it in one file"):
        read_onnx(path)
    runs(str(path))  # the file is good, where its other file is


def test_a_tensor_deep_in_a_branch_is_found():
    """An If in an If in ...: as deep as no recursion of Python's goes."""
    inner = made.field(5, made.external_tensor("w", (1,), "x.bin"))
    for _ in range(3000):
        node = made.node("If", ["c"], ["y"], then_branch=inner)
        inner = made.field(1, node)
    assert has_external_data(memoryview(made.field(7, inner)))


@pytest.mark.parametrize("content", [b"<html>", b"\x0f", b"\x3a\x7f", bytes([0x80] * 11)])
def test_what_is_no_protocol_buffer_is_refused(tmp_path, content):
    path = tmp_path / "net.onnx"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match="is not a file in the format of ONNX"):
        read_onnx(path)


def test_fields_are_read_as_they_are_written():
    written = made.field(3, 300) + made.field(7, "text") + made.field(1, 0)
    assert [(number, value if isinstance(value, int) else bytes(value))
            for number, value in fields(memoryview(written))] == [
        (3, 300), (7, b"text"), (1, 0),
    ]  # fmt: skip
