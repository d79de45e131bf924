"""Writes small ONNX files, field by field as onnx.proto numbers them; onnxruntime is the judge."""

import numpy as np

FLOAT, INT64 = 1, 7  # TensorProto.DataType
KINDS = {np.dtype(np.float32): FLOAT, np.dtype(np.int64): INT64}


def varint(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def field(number, value):
    """One field: a number, or bytes or text with their length."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    content = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(content)) + content


def tensor(name, array):
    array = np.ascontiguousarray(array)
    sizes = b"".join(field(1, size) for size in array.shape)
    return sizes + field(2, KINDS[array.dtype]) + field(8, name) + field(9, array.tobytes())


def external_tensor(name, shape, location):
    """A tensor whose numbers lie in the file `location`."""
    entry = field(1, "location") + field(2, location)
    sizes = b"".join(field(1, size) for size in shape)
    return sizes + field(2, FLOAT) + field(8, name) + field(13, entry) + field(14, 1)


def node(operator, inputs, outputs, domain="", **attributes):
    """Attributes: whole numbers, lists of them, or encoded graphs as bytes."""
    content = b"".join(field(1, name) for name in inputs) + b"".join(
        field(2, name) for name in outputs
    )
    content += field(4, operator) + field(7, domain)
    for name, value in attributes.items():
        if isinstance(value, bytes):
            encoded = field(6, value) + field(20, 5)
        elif isinstance(value, int):
            encoded = field(3, value) + field(20, 2)
        else:
            encoded = b"".join(field(8, text) for text in value) + field(20, 7)
        content += field(5, field(1, name) + encoded)
    return content


def value(name, shape, kind=FLOAT):
    """An input or output; sizes that are texts are open."""
    sizes = b"".join(field(1, field(1 if isinstance(size, int) else 2, size)) for size in shape)
    return field(1, name) + field(2, field(1, field(1, kind) + field(2, sizes)))


def graph(nodes, inputs, outputs, weights):
    content = b"".join(field(1, node) for node in nodes) + field(2, "graph")
    content += b"".join(
        field(5, weight if isinstance(weight, bytes) else tensor(name, weight))
        for name, weight in weights.items()
    )
    content += b"".join(field(11, given) for given in inputs)
    return content + b"".join(field(12, made) for made in outputs)


def model(nodes, inputs, outputs, weights, domains=("",)):
    content = field(1, 8) + field(7, graph(nodes, inputs, outputs, weights))
    return content + b"".join(field(8, field(1, domain) + field(2, 17)) for domain in domains)


def speech(kernel, has_mask=False, shape=("n", "samples")):
    """(1, S) -> (1, T, D): one strided convolution, kernel (D, 1, K), stride K // 2."""
    masks = [value("attention_mask", shape, INT64)] if has_mask else []
    added = [node("Cast", ["attention_mask"], ["real"], to=FLOAT)] if has_mask else []
    added += [node("Mul", ["sound", "real"], ["heard"])] if has_mask else []

    return model(
        [
            *added,
            node("Unsqueeze", ["heard" if has_mask else "sound", "axes"], ["line"]),
            node("Conv", ["line", "kernel"], ["bands"], strides=[kernel.shape[2] // 2]),
            node("Transpose", ["bands"], ["frames"], perm=[0, 2, 1]),
        ],
        [value("sound", shape), *masks],
        [value("frames", ("n", "t", "d"))],
        {"kernel": kernel, "axes": np.array([1])},
    )


def image(weight, height, width, n="n"):
    """(n, 3, H, W) -> (n, D): the mean color, then a matrix (3, D)."""
    return model(
        [
            node("GlobalAveragePool", ["pictures"], ["mean"]),
            node("Flatten", ["mean"], ["flat"], axis=1),
            node("MatMul", ["flat", "weight"], ["vectors"]),
        ],
        [value("pictures", (n, 3, height, width))],
        [value("vectors", (n, weight.shape[1]))],
        {"weight": weight},
    )


def text(table, pooled=False):
    """(1, T) -> (1, T, D), rows of a table; or (1, D), their mean."""
    last = [node("ReduceMean", ["rows"], ["mean"], axes=[1], keepdims=0)] if pooled else []
    output = value("mean", ("n", "d")) if pooled else value("rows", ("n", "t", "d"))
    return model(
        [node("Gather", ["table", "ids"], ["rows"], axis=0), *last],
        [value("ids", ("n", "t"), INT64), value("attention_mask", ("n", "t"), INT64)],
        [output],
        {"table": table},
    )
