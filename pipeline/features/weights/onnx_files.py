"""ONNX files of strangers: one file that holds all of its numbers, and nothing outside it.

A tensor of an ONNX file may say that its numbers lie in another file, at any path: neither the
digest of the file nor a look at it would tell what is computed. Such files are refused, by walking
the protocol buffer (messages of onnx.proto, field numbers below) without reading a tensor's data.
"""

from collections.abc import Iterator
from pathlib import Path

from pipeline.base.errors import CheckpointError

LARGEST_BYTES = 2**31 - 1  # of a protocol buffer; larger networks need external data
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5  # wire types; groups are of no use here
WIDTHS = {FIXED64: 8, FIXED32: 4}
# The fields of each message that hold messages in which tensors may lie.
INSIDE = {
    "model": {7: "graph", 25: "function"},
    "graph": {1: "node", 5: "tensor", 15: "sparse tensor"},
    "function": {7: "node"},
    "node": {5: "attribute"},
    "attribute": {
        **{5: "tensor", 6: "graph", 10: "tensor", 11: "graph"},
        **{22: "sparse tensor", 23: "sparse tensor"},
    },
    "sparse tensor": {1: "tensor", 2: "tensor"},
    "tensor": {},
}
EXTERNAL_DATA, DATA_LOCATION = 13, 14  # of a tensor


def read_onnx(path: Path) -> bytes:
    """The bytes of a file that is an ONNX model by itself; raises CheckpointError."""
    if not path.is_file():
        raise CheckpointError(f"{path}: expected a file in the format of ONNX")
    size = path.stat().st_size
    if size > LARGEST_BYTES:
        raise CheckpointError(f"{path}: {size:,} bytes; an ONNX file has at most 2 GiB")

    content = path.read_bytes()
    try:
        is_whole = not has_external_data(memoryview(content))
    except (IndexError, ValueError) as error:
        raise CheckpointError(f"{path} is not a file in the format of ONNX: {error}") from None

    if not is_whole:
        raise CheckpointError(
            f"{path}: some of its tensors lie in other files. Save it in one file: "
            'onnx.save(onnx.load("model.onnx"), "whole.onnx", save_as_external_data=False)'
        )
    return content


def has_external_data(content: memoryview) -> bool:
    """Whether a tensor anywhere in the model says that its numbers lie elsewhere."""
    waiting = [("model", content)]
    while waiting:  # a list, no recursion: subgraphs may be nested as deep as the file is long
        kind, message = waiting.pop()
        for number, value in fields(message):
            if kind == "tensor" and number in (EXTERNAL_DATA, DATA_LOCATION) and value != 0:
                return True
            inner = INSIDE[kind].get(number)
            if inner is not None:
                if isinstance(value, int):
                    raise ValueError(f"field {number} of a {kind} is a number")
                waiting.append((inner, value))
    return False


def fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Number and value of each field of a message; fixed-width values as their bytes."""
    place = 0
    while place < len(message):
        tag, place = _varint(message, place)
        number, wire = tag >> 3, tag & 7
        if wire == VARINT:
            value, place = _varint(message, place)
            yield number, value
            continue

        # Everything else is so many bytes, which nobody looks at here.
        if wire == BYTES:
            width, place = _varint(message, place)
        elif wire in WIDTHS:
            width = WIDTHS[wire]
        else:
            raise ValueError(f"wire type {wire}")
        if place + width > len(message):
            raise ValueError("a field ends after the file")
        yield number, message[place : place + width]
        place += width


def _varint(message: memoryview, place: int) -> tuple[int, int]:
    """The number that begins at `place`, seven bits a byte, and where it ends."""
    value = 0
    for shift in range(0, 70, 7):
        byte = message[place]
        place += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, place
    raise ValueError("a number of more than ten bytes")
