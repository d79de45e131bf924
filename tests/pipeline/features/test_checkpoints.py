"""Published checkpoint layouts, rebuilt here with other weights; and files that only pose as one.

Weights that need no real values are one number expanded to the shape, so that files stay small.
"""

import argparse
import os
import pickle
import sys
from collections import OrderedDict

import numpy as np
import pytest
import torch

from models.encoders.manet import MaNet
from models.encoders.wav2vec import Wav2Vec
from pipeline.features.manet_checkpoint import read_manet
from pipeline.features.published import CheckpointError
from pipeline.features.wav2vec_checkpoint import read_fairseq_wav2vec

pytestmark = pytest.mark.filterwarnings("ignore:Detected pickle protocol")

# The training command that fairseq's examples/wav2vec gives, as its parser stores it (FACTS C.1).
LARGE = {
    "arch": "wav2vec",
    "conv_feature_layers": "[(512, 10, 5), (512, 8, 4), (512, 4, 2), (512, 4, 2), (512, 4, 2), "
    "(512, 1, 1), (512, 1, 1)]",
    "conv_aggregator_layers": "[(512, 2, 1), (512, 3, 1), (512, 4, 1), (512, 5, 1), (512, 6, 1), "
    "(512, 7, 1), (512, 8, 1), (512, 9, 1), (512, 10, 1), (512, 11, 1), (512, 12, 1), "
    "(512, 13, 1)]",
    "skip_connections_agg": True,
    "residual_scale": 0.5,
    "log_compression": True,
    "prediction_steps": 12,
    "lr": [0.005],
}


def shadow(network):
    """The state dict of `network` with ones that share one number: shapes without the weight."""
    return OrderedDict(
        (key, torch.ones((), dtype=value.dtype, device="cpu").expand(value.shape))
        for key, value in network.state_dict().items()
    )


@pytest.fixture(scope="module")
def shadows():
    with torch.device("meta"):
        return {"wav2vec": shadow(Wav2Vec()), "manet": shadow(MaNet())}


def fairseq(state, arguments=LARGE):
    head = {
        "wav2vec_predictions.project_to_steps.weight": torch.ones(()).expand(512, 512, 1, 12),
        "wav2vec_predictions.project_to_steps.bias": torch.zeros(512),
    }
    return {
        "args": argparse.Namespace(**arguments),
        "model": OrderedDict(state | head),
        "optimizer_history": [{"criterion_name": "BinaryCrossEntropyCriterion", "num_updates": 9}],
        "extra_state": {"epoch": 1, "best": 1.5, "train_iterator": {"offset": 0}},
    }


class RecorderMeter:
    """What MA-Net's training script keeps its curves in; it must never come to life again."""

    woken = False

    def __init__(self, n_epochs):
        self.total_epoch = n_epochs
        self.epoch_losses = np.zeros((n_epochs, 2), dtype=np.float32)
        self.epoch_accuracy = np.zeros((n_epochs, 2), dtype=np.float32)

    def __setstate__(self, state):
        RecorderMeter.woken = True


@pytest.fixture
def recorder(monkeypatch):
    """A recorder that pickles as `__main__.RecorderMeter`, as from a script."""
    monkeypatch.setattr(RecorderMeter, "__module__", "__main__")
    monkeypatch.setattr(sys.modules["__main__"], "RecorderMeter", RecorderMeter, raising=False)
    return RecorderMeter(100)


def authors(state, recorder):
    """The dictionary that MA-Net's script saves (FACTS C.3)."""
    weight = torch.zeros(3)
    optimizer = torch.optim.SGD([weight.requires_grad_()], lr=0.01, momentum=0.9)
    weight.sum().backward()
    optimizer.step()
    return {
        "epoch": 80,
        "state_dict": OrderedDict((f"module.{key}", value) for key, value in state.items()),
        "best_acc": np.float64(88.33),
        "optimizer": optimizer.state_dict(),
        "recorder": recorder,
    }


def save(tmp_path, content, *, is_zip=True):
    path = tmp_path / "checkpoint.pt"
    torch.save(content, path, _use_new_zipfile_serialization=is_zip)
    return path


@pytest.mark.parametrize("is_zip", [True, False], ids=["zip", "before torch 1.6"])
def test_fairseq_layout_with_random_weights_loads_strictly(tmp_path, is_zip):
    torch.manual_seed(0)
    source = Wav2Vec().eval()
    path = save(tmp_path, fairseq(source.state_dict()), is_zip=is_zip)
    copy = Wav2Vec().eval()
    copy.load_state_dict(read_fairseq_wav2vec(path), strict=True)
    waveform = torch.randn(1, 1600)
    with torch.inference_mode():
        assert torch.equal(copy(waveform), source(waveform))


def test_weights_kept_in_half_precision_come_back_as_float32(tmp_path, shadows):
    half = {key: value.half() for key, value in shadows["wav2vec"].items()}
    state = read_fairseq_wav2vec(save(tmp_path, fairseq(half)))
    assert {value.dtype for value in state.values()} == {torch.float32}


def test_missing_extra_and_misshapen_keys_are_listed_together(tmp_path, shadows):
    state = dict(shadows["wav2vec"])
    del state["feature_extractor.conv_layers.0.0.weight"]
    del state["feature_aggregator.conv_layers.11.3.bias"]
    state["feature_extractor.conv_layers.7.0.weight"] = torch.zeros(1)
    state["feature_extractor.conv_layers.1.0.weight"] = torch.zeros(512, 512, 3)
    state["feature_extractor.conv_layers.2.2.bias"] = "text"
    path = save(tmp_path, fairseq(state))
    with pytest.raises(CheckpointError) as error:
        read_fairseq_wav2vec(path)
    for part in (
        str(path),
        "5 weights do not fit",
        "missing feature_extractor.conv_layers.0.0.weight",
        "missing feature_aggregator.conv_layers.11.3.bias",
        "unexpected feature_extractor.conv_layers.7.0.weight",
        "feature_extractor.conv_layers.1.0.weight is (512, 512, 3), expected (512, 512, 8)",
        "feature_extractor.conv_layers.2.2.bias is a str, expected a tensor",
        "https://dl.fbaipublicfiles.com/fairseq/wav2vec/wav2vec_large.pt",
        "`features.audio.weights`",
    ):
        assert part in str(error.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("conv_feature_layers", LARGE["conv_feature_layers"].replace("8, 4", "8, 2")),
        ("conv_aggregator_layers", "[(512, 3, 1)] * 9"),
        ("skip_connections_agg", False),
        ("residual_scale", 1.0),
        ("log_compression", False),
        ("agg_zero_pad", True),
        ("activation", "gelu"),
    ],
)
def test_other_training_arguments_are_refused(tmp_path, shadows, name, value):
    path = save(tmp_path, fairseq(shadows["wav2vec"], LARGE | {name: value}))
    with pytest.raises(CheckpointError, match="other settings") as error:
        read_fairseq_wav2vec(path)
    assert f"{name}={value!r} (expected" in str(error.value)


def test_weights_without_values_are_refused(tmp_path, shadows):
    bias = "feature_extractor.conv_layers.0.2.bias"
    state = shadows["wav2vec"] | {bias: torch.empty(512, device="meta")}
    with pytest.raises(CheckpointError, match=f"{bias} has a shape but no values"):
        read_fairseq_wav2vec(save(tmp_path, fairseq(state)))


def test_arguments_may_be_absent(tmp_path, shadows):
    content = fairseq(shadows["wav2vec"])
    del content["args"]
    assert len(read_fairseq_wav2vec(save(tmp_path, content))) == len(shadows["wav2vec"])


def test_a_later_fairseq_checkpoint_without_model_is_named(tmp_path):
    path = save(tmp_path, {"cfg": {}, "args": None})
    with pytest.raises(CheckpointError, match=r"has no 'model'; it has \['args', 'cfg'\]"):
        read_fairseq_wav2vec(path)


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


class Payload:
    """Pickles as a call of `os.system`."""

    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return os.system, (f"touch '{self.marker}'",)


POSES = {
    "bare pickle": lambda path, evil: path.write_bytes(pickle.dumps(evil, protocol=2)),
    "newest protocol": lambda path, evil: path.write_bytes(pickle.dumps(evil, protocol=5)),
    "zip": lambda path, evil: torch.save({"model": evil, "state_dict": evil}, path),
    "legacy": lambda path, evil: torch.save(
        {"args": evil}, path, _use_new_zipfile_serialization=False
    ),
    "inside args": lambda path, evil: torch.save({"args": argparse.Namespace(lr=evil)}, path),
}


@pytest.mark.parametrize("read", [read_fairseq_wav2vec, read_manet])
@pytest.mark.parametrize("pose", POSES)
def test_a_pickle_that_runs_a_command_is_refused_and_not_run(tmp_path, read, pose):
    marker = tmp_path / "executed"
    path = tmp_path / "checkpoint.pt"
    POSES[pose](path, Payload(marker))
    with pytest.raises(CheckpointError) as error:
        read(path)
    assert not marker.exists()
    assert str(path) in str(error.value)
    assert "features." in str(error.value)
    assert "weights_only" not in str(error.value)


def test_the_payload_of_these_tests_is_live(tmp_path):
    marker = tmp_path / "executed"
    pickle.loads(pickle.dumps(Payload(marker)))  # noqa: S301 - shows what the readers prevent
    assert marker.exists()


def test_the_refused_function_is_named(tmp_path):
    path = save(tmp_path, {"model": Payload(tmp_path / "executed")})
    with pytest.raises(CheckpointError, match=r"refused: it asks for '(posix|os|nt)\.system'"):
        read_fairseq_wav2vec(path)


class Crafted:
    """Pickles as a call of an allowed stand-in, or of a class that no checkpoint needs."""

    def __init__(self, function, arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def test_a_namespace_called_with_arguments_is_refused(tmp_path):
    path = save(tmp_path, {"args": Crafted(argparse.Namespace, (1, 2))})
    with pytest.raises(CheckpointError, match="cannot be read as a checkpoint"):
        read_fairseq_wav2vec(path)


def test_globals_of_one_reader_are_not_allowed_in_the_other(tmp_path, shadows, recorder):
    with pytest.raises(CheckpointError, match=r"asks for 'argparse\.Namespace'"):
        read_manet(save(tmp_path, fairseq(shadows["wav2vec"])))
    with pytest.raises(CheckpointError, match=r"asks for '[\w.]+'"):
        read_fairseq_wav2vec(save(tmp_path, authors(shadows["manet"], recorder)))


def test_nothing_stays_allowed_afterwards(tmp_path, shadows, recorder):
    path = save(tmp_path, authors(shadows["manet"], recorder))
    before = set(torch.serialization.get_safe_globals())
    read_manet(path)
    assert set(torch.serialization.get_safe_globals()) == before


@pytest.mark.parametrize("read", [read_fairseq_wav2vec, read_manet])
@pytest.mark.parametrize(
    "content", [b"", b"<html>quota exceeded</html>", b"PK\x03\x04" + bytes(40), bytes(100)]
)
def test_a_damaged_or_foreign_file_is_refused(tmp_path, read, content):
    path = tmp_path / "checkpoint.pt"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=r"checkpoint\.pt: cannot be read as a checkpoint"):
        read(path)


@pytest.mark.parametrize("is_zip", [True, False])
def test_damage_anywhere_ends_in_our_error(tmp_path, is_zip):
    """Bytes overwritten at random places of the pickled part: refused, or read as other data."""
    content = {"args": argparse.Namespace(lr=[0.1], arch="x"), "model": {"w": torch.ones(2)}}
    path = save(tmp_path, content, is_zip=is_zip)
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(300):
        damaged = bytearray(whole)
        for place in rng.integers(0, min(len(whole), 700), 4):
            damaged[place] = rng.integers(0, 256)
        path.write_bytes(damaged[: rng.integers(len(whole) // 2, len(whole) + 1)])
        with pytest.raises(CheckpointError):
            read_fairseq_wav2vec(path)


@pytest.mark.parametrize("read", [read_fairseq_wav2vec, read_manet])
def test_a_missing_file_is_named_with_where_to_get_it(tmp_path, read):
    with pytest.raises(CheckpointError, match=r"nowhere\.pt: no such file. The published file is"):
        read(tmp_path / "nowhere.pt")


def test_a_file_that_holds_no_dictionary_is_refused(tmp_path):
    with pytest.raises(CheckpointError, match="holds a list, not a dictionary"):
        read_manet(save(tmp_path, [torch.ones(1)]))
