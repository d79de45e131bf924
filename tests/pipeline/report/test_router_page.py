"""What routers choose: means over patterns, weighed by their utterances."""

import numpy as np

from pipeline.report.router_page import by_layer, by_missingness


def test_router_means_weigh_patterns_by_their_utterances():
    weights = np.array([[[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]]])  # one layer, three patterns
    patterns = np.array([[True, True, False], [False, True, False], [True, False, False]])
    counts = np.array([2, 1, 1])  # a task without visual
    assert by_layer(weights, counts).tolist() == [[0.625, 0.375]]
    found = by_missingness(weights, patterns, counts, "audio")
    assert {name: shares.tolist() for name, shares in found.items()} == {
        "0": [1.0, 0.0],
        "1\nother": [0.0, 1.0],
        "1\nown": [0.5, 0.5],
    }
