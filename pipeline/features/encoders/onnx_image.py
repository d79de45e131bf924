"""`onnx:<file>` for faces: a graph from pictures to vectors.

First and only input: float32 (n, 3, H, W), RGB in [0, 1]; crops are resized to its H and W
(bilinear), mean and deviation are the graph's own business. First output: (n, D), or averaged over
tokens (n, T, D) or over places (n, D, h, w). A graph made for one picture gets one at a time.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pipeline.base.errors import CheckpointError
from pipeline.features.cache.extractor import Extractor, Weights
from pipeline.features.encoders.onnx_graph import FLOAT, Graph, is_open, open_graph
from pipeline.features.encoders.visual import BATCH, FaceEncoder, face_extractor, resized

LARGEST_PX = 2048


def build(settings: Mapping[str, Any], weights: Weights, device: str) -> Extractor:
    """The extractor of `features.visual` for an ONNX file, which runs on the CPU."""
    graph = open_graph(weights.path, settings, FLOAT, 4, {})
    n, channels, height, width = graph.shape
    sizes = [side for side in (height, width) if isinstance(side, int) and 0 < side <= LARGEST_PX]
    if channels != 3 or len(sizes) != 2 or not (is_open(n) or n == 1):
        raise CheckpointError(
            f"{graph.path}: it takes pictures of shape {graph.shape}; expected (n, 3, H, W), n of "
            f"any size or 1, H and W fixed and at most {LARGEST_PX}"
        )

    # A gray picture tells whether it computes, and how many numbers it gives.
    embed = partial(_embed, graph)
    prepare = partial(resized, height=sizes[0], width=sizes[1])
    gray = np.full((64, 64, 3), 128, dtype=np.uint8)
    graph.probe(prepare([gray]).numpy(), f"a picture of {sizes[0]} x {sizes[1]}")
    dim = embed(prepare([gray])).shape[1]
    place, batch = torch.device("cpu"), BATCH if is_open(n) else 1
    return face_extractor(dim, FaceEncoder(prepare, embed, place, None, batch))


def _embed(graph: Graph, images: Tensor) -> Tensor:
    """(n, 3, H, W) -> (n, D)."""
    output = torch.from_numpy(graph.run(images.contiguous().numpy()))
    if output.dim() not in (2, 3, 4) or len(output) != len(images) or not output.numel():
        raise CheckpointError(
            f"{graph.path}: {len(images)} pictures gave an output of shape {tuple(output.shape)}; "
            "expected (n, D), (n, T, D) or (n, D, h, w)"
        )
    if output.dim() == 2:
        return output
    return output.mean(dim=1) if output.dim() == 3 else output.mean(dim=(2, 3))
