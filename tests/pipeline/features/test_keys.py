"""A key changes with whatever changes a vector, and with nothing else."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.features.keys import (
    audio_content,
    encoder_ingredients,
    record_key,
    text_content,
    visual_content,
)
from pipeline.features.weights import Weights
from pipeline.sections.features import AudioSettings, TextSettings, VisualSettings
from pipeline.settings import dump

WEIGHTS = Weights(Path("/some/where/model"), "ab" * 32)
SPAN = ("cd" * 32, 1.5, 2.25)


def audio_key(settings=None, weights=WEIGHTS, span=SPAN):
    settings = settings or AudioSettings(encoder="hf:some/model")
    shared = encoder_ingredients("audio", dump(settings), weights)
    return record_key({**shared, **audio_content(*span)})


@pytest.mark.parametrize(
    "change",
    [
        {"settings": AudioSettings(encoder="hf:some/model", last_layers=2)},
        {"settings": AudioSettings(encoder="hf:some/model", max_seconds=30)},
        {"settings": AudioSettings(encoder="hf:some/model", precision="float16")},
        {"settings": AudioSettings(encoder="moonshine-tiny")},
        {"weights": replace(WEIGHTS, digest="ba" * 32)},
        {"span": ("dc" * 32, 1.5, 2.25)},
        {"span": ("cd" * 32, 1.500001, 2.25)},
        {"span": ("cd" * 32, 1.5, float("inf"))},
    ],
)
def test_what_changes_a_vector_changes_its_key(change):
    assert audio_key(**change) != audio_key()


def test_where_weights_lie_and_how_they_are_named_does_not_count():
    moved = replace(WEIGHTS, path=Path("/elsewhere"))
    named = AudioSettings(encoder="hf:/elsewhere", weights="/elsewhere", revision="abc")
    assert audio_key(settings=named, weights=moved) == audio_key()


def test_settings_of_other_encoders_do_not_count():
    plain = encoder_ingredients("text", dump(TextSettings()), WEIGHTS)
    others = TextSettings(last_layers=2, pooling="tokens", compat="gcnet", lower_case=False)
    assert encoder_ingredients("text", dump(others), WEIGHTS) == plain


def test_deberta_by_name_and_by_folder_is_one_encoder():
    named = encoder_ingredients("text", dump(TextSettings(encoder="deberta")), WEIGHTS)
    folder = encoder_ingredients("text", dump(TextSettings(encoder="hf:/x/y")), WEIGHTS)
    assert named == folder


def test_networks_of_torchvision_are_told_apart_by_name():
    keys = {
        record_key(encoder_ingredients("visual", dump(VisualSettings(encoder=name)), WEIGHTS))
        for name in ("torchvision:resnet18", "torchvision:resnet34")
    }
    assert len(keys) == 2


def test_no_path_and_no_name_is_part_of_a_key():
    shared = encoder_ingredients("audio", dump(AudioSettings(encoder="hf:/my/model")), WEIGHTS)
    text = repr([shared, audio_content(*SPAN), text_content("/a text"), visual_content("ef" * 32)])
    assert "/" not in text
    assert re.findall(r"utterance|corpus|path", text) == []


def test_a_text_is_kept_by_its_digest():
    assert text_content("hello") == text_content("hello") != text_content("Hello")
    assert "hello" not in repr(text_content("hello"))
