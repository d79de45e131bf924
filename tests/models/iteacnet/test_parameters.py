"""Counts of trainable parameters: published, or derived in reading.md A.4."""

import pytest

from models.iteacnet.network import IteacNetwork
from models.iteacnet.settings import ContextSettings
from models.learner import TooLargeError
from tests.models.iteacnet.forms import form

TEACHER = {"encoder": "transformer", "n_layers": 3, "dropout": 0.5}
STUDENT = {"encoder": "nas", "n_layers": 4, "dropout": 0.0}
IEMOCAP = {"max_utterances": 110}
MOSI = {"kind": "regression", "max_utterances": 63}
MOSEI = {"kind": "regression", "max_utterances": 98}
ITEACH4 = ("attention", "time_mlp", "average_pool", "max_pool")


def count(module):
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.fixture
def build(make_shape, paper_dims):
    def make(options, task=None):
        return IteacNetwork(*form(**options), make_shape(paper_dims, **(task or IEMOCAP)))

    return make


@pytest.mark.parametrize(
    ("options", "task", "published"),
    [
        (TEACHER, IEMOCAP, 2_856_455),
        (STUDENT, IEMOCAP, 3_883_367),
        (STUDENT, MOSI, 3_686_708),
        (STUDENT, MOSEI, 3_822_788),
        ({**TEACHER, "context": ContextSettings(local="shared_softmax")}, IEMOCAP, 2_512_028),
        ({**STUDENT, "context": ContextSettings(local="shared_softmax")}, IEMOCAP, 3_538_940),
        (
            {**STUDENT, "mixers": (*ITEACH4, "identity", "average_pool_minus_input")},
            IEMOCAP,
            3_886_463,
        ),
        ({**STUDENT, "mixers": (*ITEACH4, "identity", "depthwise_conv")}, IEMOCAP, 3_892_607),
        ({**STUDENT, "mixers": "burger6"}, IEMOCAP, 3_944_231),
        ({**STUDENT, "fusion": "aligned"}, IEMOCAP, 3_883_367 + 4 * 2 * (128 * 128 + 128)),
    ],
)
def test_network_has_as_many_parameters_as_published(build, options, task, published):
    assert count(build(options, task)) == published


def test_parts_have_as_many_parameters_as_derived(build):
    teacher = build(TEACHER)
    layer = teacher.layers[0]
    assert count(layer.blocks["text"]) == 198_272
    assert count(layer.fusion) == 132_864
    assert count(layer) == 727_680
    assert count(teacher.projections) == 328_064
    assert count(teacher.contexts) == 344_835
    assert count(build(STUDENT).layers[0].blocks["text"]) == 198_272 + 24_936


@pytest.mark.parametrize(
    ("context", "n_context"),
    [
        ({}, 344_835),
        ({"local": "shared_softmax"}, 408),
        ({"local": "off"}, 3 * 129),
        ({"is_global": False}, 0),
        ({"per_head": True}, 344_835 + 3 * 7 * 129),
        ({"per_layer": True}, 3 * 344_835),
        ({"kernel": 3}, 3 * (3 * 128 * 128 + 128 + 129)),
    ],
)
def test_context_settings_change_the_count(build, context, n_context):
    assert count(build({**TEACHER, "context": ContextSettings(**context)}).contexts) == n_context


def test_router_none_saves_the_routers(build):
    saved = count(build(STUDENT)) - count(build({**STUDENT, "router": "none"}))
    assert saved == 12 * (128 * 4 + 4)


def test_without_attention_there_is_no_context_to_guide(build):
    network = build({**STUDENT, "mixers": ("time_mlp", "max_pool")})
    assert count(network.contexts) == 0


@pytest.mark.parametrize("ratio", [2.0, 4.0])
def test_ffn_ratio_sets_the_width(build, ratio):
    block = build({**TEACHER, "ffn_ratio": ratio}).layers[0].blocks["audio"]
    assert block.feed_forward.expand.out_features == 128 * ratio


def test_layers_over_time_that_no_memory_holds_are_refused_with_the_way_out(build):
    with pytest.raises(TooLargeError, match=r"5,000 utterances need .* leave `time_mlp`"):
        build(STUDENT, {"max_utterances": 5000})
    build(
        {**STUDENT, "mixers": ("attention", "average_pool", "max_pool")}, {"max_utterances": 5000}
    )


def test_maps_for_every_head_that_no_memory_holds_are_refused_with_the_way_out(build):
    """A step of 2,000 utterances took 13.5 GB, measured."""
    own = {**STUDENT, "context": ContextSettings(per_head=True)}
    with pytest.raises(TooLargeError, match=r"2,000 utterances, need 384,000,000 .*per_head"):
        build(own, {"max_utterances": 2000})
    build(own, {"max_utterances": 1000})
    build(STUDENT, {"max_utterances": 2000})
