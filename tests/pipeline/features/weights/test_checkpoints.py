"""Tensors are built as torch.load builds them, and only those; the truth is torch's own reader."""

import argparse
from collections import OrderedDict

import pytest
import torch
from torch import nn

from pipeline.base.errors import CheckpointError
from pipeline.features.weights.checkpoints import open_checkpoint, refuse_expanded, unpublished


def tensors():
    base = torch.arange(24, dtype=torch.float32).reshape(4, 6)
    return OrderedDict(
        plain=base,
        turned=base.t(),
        part=base[1:3, 2:5],
        number=torch.tensor(7.0, dtype=torch.float64),
        nothing=torch.empty(0, 3),
        whole=torch.arange(3),
        half=torch.ones(2, dtype=torch.bfloat16),
        parameter=nn.Parameter(base + 1),
    )


@pytest.mark.parametrize("is_zip", [True, False])
def test_states_are_those_of_torch_load(tmp_path, is_zip):
    path = tmp_path / "w.pt"
    torch.save({"model": tensors(), "epoch": 3}, path, _use_new_zipfile_serialization=is_zip)
    expected = torch.load(path, weights_only=True)["model"]
    with open_checkpoint(path, unpublished) as checkpoint:
        found = checkpoint.state("model")
    assert list(found) == list(expected)
    for name, tensor in expected.items():
        assert found[name].dtype == tensor.dtype
        assert torch.equal(found[name], tensor), name


def test_tensors_that_share_numbers_hold_them_once(tmp_path):
    path = tmp_path / "w.pt"
    torch.save(tensors(), path)
    with open_checkpoint(path, unpublished) as checkpoint:
        found = checkpoint.state()
    own = {found[name].untyped_storage().data_ptr() for name in ("plain", "turned", "part")}
    assert len(own) == 1


def test_arguments_are_plain_values_and_parts_are_named(tmp_path):
    path = tmp_path / "w.pt"
    torch.save({"args": argparse.Namespace(lr=[0.1], arch="x"), "model": {}}, path)
    with open_checkpoint(path, unpublished) as checkpoint:
        assert checkpoint.settings("args") == {"lr": [0.1], "arch": "x"}
        assert checkpoint.settings("nowhere") is None
        with pytest.raises(CheckpointError, match=r"has no 'state'; it has \['args', 'model'\]"):
            checkpoint.state("state")


def test_a_shape_without_its_numbers_is_refused(tmp_path):
    path = tmp_path / "w.pt"
    wide = torch.ones(1).expand(1_000_000)
    torch.save({"w": wide, "v": torch.ones(2)}, path)
    with open_checkpoint(path, unpublished) as checkpoint:
        state = checkpoint.state()
    assert state["w"].shape == (1_000_000,)
    with pytest.raises(CheckpointError, match="'w' has a shape but not the numbers for it"):
        refuse_expanded(path, state)
    assert refuse_expanded(path, {"v": state["v"]}).keys() == {"v"}
    with pytest.raises(CheckpointError, match="'n' is a int, expected a tensor"):
        refuse_expanded(path, {"n": 3})


def test_a_list_is_no_checkpoint(tmp_path):
    path = tmp_path / "w.pt"
    torch.save([torch.ones(2)], path)
    with (
        pytest.raises(CheckpointError, match="holds a list, not a dictionary"),
        open_checkpoint(path, unpublished),
    ):
        pass
