"""fairseq's checkpoint of wav2vec: rebuilt here with other weights, and one of its own trainer.

`fairseq_0_9_0.pt.xz` was written by `checkpoint_utils.save_checkpoint` of fairseq v0.9.0 after a
step of its Trainer with --fp16 on the CPU, in the container before torch 1.6: the published
command, but one channel where the published network has 512.
"""

import argparse
import lzma
import pickletools
from pathlib import Path

import pytest
import torch

from models.encoders.wav2vec import Wav2Vec
from pipeline.base.errors import CheckpointError
from pipeline.features.weights.checkpoints import open_checkpoint, unpublished
from pipeline.features.weights.wav2vec_checkpoint import read_fairseq_wav2vec
from tests.pipeline.features.published_layouts import LARGE, METERS, AverageMeter, fairseq, save

TRAINERS_OWN = Path(__file__).with_name("fairseq_0_9_0.pt.xz")


@pytest.fixture
def trainers_own(tmp_path):
    path = tmp_path / "checkpoint_best.pt"
    path.write_bytes(lzma.decompress(TRAINERS_OWN.read_bytes()))
    return path


KINDS = sorted(set(METERS.values()), key=lambda kind: kind.__name__)


def known_to_torch():
    """What torch's own strict reader must be told of to open the trainer's file."""
    return [argparse.Namespace, *((kind, f"fairseq.meters.{kind.__name__}") for kind in KINDS)]


def test_what_fairseqs_own_trainer_wrote_is_read_as_torch_reads_it(trainers_own):
    with torch.serialization.safe_globals(known_to_torch()):
        expected = torch.load(trainers_own, weights_only=True)
    with open_checkpoint(trainers_own, unpublished) as checkpoint:
        arguments, state = checkpoint.settings("args"), checkpoint.state("model")
    assert arguments == vars(expected["args"])
    assert arguments["arch"] == "wav2vec"
    assert state.keys() == expected["model"].keys()
    for key, value in expected["model"].items():
        assert value.dtype == torch.float16
        assert torch.equal(state[key], value), key


def test_what_fairseqs_own_trainer_wrote_lacks_nothing_but_the_published_width(trainers_own):
    with pytest.raises(CheckpointError, match="was trained with other settings: conv_feature_la"):
        read_fairseq_wav2vec(trainers_own)


@pytest.mark.parametrize("key", ["args", "model", "extra_state", "last_optimizer_state"])
def test_our_rebuilt_file_has_the_parts_of_the_trainers_own(tmp_path, shadows, trainers_own, key):
    ours = save(tmp_path, fairseq(shadows["wav2vec"]), is_zip=False)
    with torch.serialization.safe_globals(known_to_torch()):
        expected = torch.load(trainers_own, weights_only=True)[key]
        found = torch.load(ours, weights_only=True)[key]
    if key == "args":
        assert vars(found).keys() <= vars(expected).keys()
    else:
        assert found.keys() == expected.keys()
    if key == "extra_state":
        meters = expected["train_meters"]
        assert [type(meter) for meter in found["train_meters"].values()] == [
            type(meter) for meter in meters.values()
        ]
        assert list(found["train_meters"]) == list(meters)


def test_the_trainers_own_file_names_the_classes_of_its_meters(trainers_own):
    named = {argument for _, argument, _ in pickletools.genops(pickled(trainers_own))}
    assert {f"fairseq.meters {kind.__name__}" for kind in KINDS} <= named


def pickled(path):
    """The fourth pickle of the older container: its content."""
    with path.open("rb") as stream:
        for _ in range(3):
            list(pickletools.genops(stream))
        return stream.read()


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


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "conv_feature_layers",
            "[(512, 10, 5)] + [(512, 8, 4)] + [(512, 4, 2)] * 3 + [(512, 1, 1)] * 2",
        ),
        (
            "conv_aggregator_layers",
            f"[(512, 2, 1)] + {[(512, kernel, 1) for kernel in range(3, 14)]}",
        ),
    ],
)
def test_layers_may_be_written_as_fairseq_evaluates_them(tmp_path, shadows, name, text):
    assert eval(text) == eval(LARGE[name])  # noqa: S307 - as fairseq does, of our own text
    path = save(tmp_path, fairseq(shadows["wav2vec"], LARGE | {name: text}))
    assert len(read_fairseq_wav2vec(path)) == len(shadows["wav2vec"])


@pytest.mark.parametrize("text", ["[(512, 3, 1)] * 10 ** 9", "[(512, 3, 1)] * 999999999", "[x()]"])
def test_layers_that_are_more_than_layers_are_shown_and_not_evaluated(tmp_path, shadows, text):
    path = save(tmp_path, fairseq(shadows["wav2vec"], LARGE | {"conv_aggregator_layers": text}))
    with pytest.raises(CheckpointError, match="other settings") as error:
        read_fairseq_wav2vec(path)
    assert repr(text) in str(error.value)


@pytest.mark.parametrize("key", ["encoder.layers.0.fc1.weight", "w2v_encoder.w2v_model.encoder."])
def test_a_later_network_of_fairseq_is_named_with_the_way_to_it(tmp_path, shadows, key):
    key = key if "0" in key else f"{key}layers.11.fc1.weight"
    content = fairseq(shadows["wav2vec"] | {key: torch.ones(2)}) | {"args": None, "cfg": {}}
    with pytest.raises(CheckpointError, match=r"holds a transformer .*not wav2vec.*hf:FOLDER"):
        read_fairseq_wav2vec(save(tmp_path, content))


def test_another_network_is_not_listed_by_the_hundred(tmp_path, shadows):
    state = {f"layers.{number}.weight": torch.ones(1) for number in range(300)}
    with pytest.raises(
        CheckpointError, match=r"\d+ weights do not fit.*; and \d+ more\. "
    ) as error:
        read_fairseq_wav2vec(save(tmp_path, fairseq(state)))
    assert len(str(error.value)) < 1500


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
