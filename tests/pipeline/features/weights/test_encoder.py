"""What an entry of the catalogue says of itself, by hand for one of each kind."""

import pytest

from pipeline.config.features import TextSettings
from pipeline.config.settings import dump
from pipeline.features.weights.catalogue import find_encoder

SHIPPED = ("text", "minilm")
OF_HUB = ("audio", "hf:facebook/wav2vec2-base")
ONNX = ("visual", "onnx:faces/net.onnx")


@pytest.mark.parametrize(
    ("named", "family", "shown"),
    [
        (SHIPPED, "minilm", "minilm"),
        (OF_HUB, "hf_speech", "hf_speech"),
        (ONNX, "onnx", "onnx"),  # a place on this machine is no part of a feature file
    ],
)
def test_families_and_names_in_feature_files(named, family, shown):
    encoder = find_encoder(*named)
    assert (encoder.family, encoder.shown_name(named[1])) == (family, shown)
    assert encoder.setting == f"features.{named[0]}.weights"
    assert encoder.modules == (encoder.module,)


@pytest.mark.parametrize("pooling", ["words", "tokens"])
def test_a_vector_is_the_mean_of_what_its_settings_say(pooling):
    settings = dump(TextSettings(encoder="hf:x/y", pooling=pooling))
    assert find_encoder("text", "hf:x/y").pooled(settings) == pooling
    assert find_encoder(*OF_HUB).pooled({}) == find_encoder(*OF_HUB).pooling
