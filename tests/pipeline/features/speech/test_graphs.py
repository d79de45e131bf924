"""Graphs of onnxruntime: what they may keep, and what is none."""

import pytest

from pipeline.base.errors import CheckpointError
from pipeline.features.speech.graphs import load_graph
from pipeline.features.speech.networks import SILERO, locate_network


def test_no_memory_is_kept_for_a_length_that_was_seen(tmp_path):
    options = load_graph(locate_network(SILERO, tmp_path).path).get_session_options()
    assert not options.enable_cpu_mem_arena
    assert not options.enable_mem_pattern


def test_bytes_are_as_good_as_their_file(tmp_path):
    path = locate_network(SILERO, tmp_path).path
    names = [
        [given.name for given in load_graph(x).get_inputs()] for x in (path, path.read_bytes())
    ]
    assert names[0] == names[1] == ["input", "state", "sr"]


def test_what_is_no_graph_is_refused(tmp_path):
    path = tmp_path / "x.onnx"
    path.write_bytes(b"no graph")
    with pytest.raises(CheckpointError, match=r"x\.onnx: onnxruntime cannot load it"):
        load_graph(path)
    with pytest.raises(CheckpointError, match="a graph inside a library: onnxruntime cannot"):
        load_graph(b"no graph")
