"""fairseq's checkpoint of wav2vec, rebuilt here with other weights."""

import pytest
import torch

from models.encoders.wav2vec import Wav2Vec
from pipeline.base.errors import CheckpointError
from pipeline.features.weights.wav2vec_checkpoint import read_fairseq_wav2vec
from tests.pipeline.features.published_layouts import LARGE, AverageMeter, fairseq, save


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


@pytest.mark.parametrize("is_zip", [True, False], ids=["zip", "before torch 1.6"])
def test_the_meters_of_the_trainer_are_there_and_never_brought_to_life(tmp_path, shadows, is_zip):
    path = save(tmp_path, fairseq(shadows["wav2vec"]), is_zip=is_zip)
    assert b"fairseq.meters" in path.read_bytes()
    AverageMeter.woken = False
    assert len(read_fairseq_wav2vec(path)) == len(shadows["wav2vec"])
    assert not AverageMeter.woken


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
