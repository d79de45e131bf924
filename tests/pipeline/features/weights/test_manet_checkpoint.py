"""The checkpoint of MA-Net's authors, rebuilt here with other weights."""

import sys

import pytest
import torch

from models.encoders.manet import MaNet
from pipeline.base.errors import CheckpointError
from pipeline.features.weights.manet_checkpoint import read_manet
from tests.pipeline.features.published_layouts import RecorderMeter, authors, save


def test_the_authors_layout_with_random_weights_loads_strictly(tmp_path, recorder):
    torch.manual_seed(0)
    source = MaNet().eval()
    path = save(tmp_path, authors(source.state_dict(), recorder))
    state = read_manet(path)
    assert state.keys() == source.state_dict().keys()
    assert all(torch.equal(state[key], value) for key, value in source.state_dict().items())
    with torch.device("meta"):
        copy = MaNet()
    copy.load_state_dict(state, strict=True, assign=True)


def test_the_recorder_is_never_brought_to_life(tmp_path, shadows, recorder, monkeypatch):
    path = save(tmp_path, authors(shadows["manet"], recorder))
    assert b"__main__" in path.read_bytes()
    monkeypatch.setattr(RecorderMeter, "woken", False)
    read_manet(path)
    assert not RecorderMeter.woken


def test_the_recorder_may_be_unknown(tmp_path, shadows, recorder, monkeypatch):
    path = save(tmp_path, authors(shadows["manet"], recorder))
    monkeypatch.delattr(sys.modules["__main__"], "RecorderMeter")
    assert len(read_manet(path)) == len(shadows["manet"])


def test_a_file_of_old_numpy_saved_on_a_gpu_is_read(tmp_path, shadows, recorder):
    """numpy before 2 wrote `numpy.core`; a GPU's tensors carry its name as their place."""
    path = save(tmp_path, authors(shadows["manet"], recorder), is_zip=False)
    content = path.read_bytes()
    for ours, theirs in (
        (b"numpy._core.multiarray", b"numpy.core.multiarray"),
        (b"X\x03\x00\x00\x00cpu", b"X\x06\x00\x00\x00cuda:0"),
    ):
        assert ours in content
        content = content.replace(ours, theirs)
    path.write_bytes(content)
    state = read_manet(path)
    assert {value.device.type for value in state.values()} == {"cpu"}


def test_manet_keys_that_do_not_fit_are_listed_with_the_source(tmp_path, shadows, recorder):
    state = dict(shadows["manet"])
    del state["fc_2.bias"]
    state["fc_1.weight"] = torch.zeros(8, 512)
    with pytest.raises(CheckpointError) as error:
        read_manet(save(tmp_path, authors(state, recorder)))
    for part in (
        "2 weights do not fit",
        "missing fc_2.bias",
        "fc_1.weight is (8, 512), expected (7, 512)",
        "1wT2h5sz22SaEL4YTBwTIB3WoL4HUvg5B",
        "`features.visual.weights`",
    ):
        assert part in str(error.value)


def test_a_file_that_holds_no_dictionary_is_refused(tmp_path):
    with pytest.raises(CheckpointError, match="holds a list, not a dictionary"):
        read_manet(save(tmp_path, [torch.ones(1)]))
