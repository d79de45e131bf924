"""A key changes with whatever changes a vector, and with nothing else."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.base import libraries
from pipeline.base.provenance import closure
from pipeline.config.faces import detector_module
from pipeline.config.features import AudioSettings, TextSettings, VisualSettings
from pipeline.config.settings import dump
from pipeline.features.cache.extractor import Weights
from pipeline.features.cache.keys import (
    audio_content,
    record_key,
    text_content,
    visual_content,
)
from pipeline.features.encoder_keys import encoder_ingredients
from pipeline.features.faces.crop_keys import CROPPING
from pipeline.features.speech.fingerprints import versions_of_step
from pipeline.features.speech.keys import STEPS
from pipeline.features.weights.catalogue import _ALL
from tests.modules import imported
from tests.test_light_modules import loaded_with

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


@pytest.mark.parametrize(
    ("modality", "encoder", "library", "counts"),
    [
        ("audio", "moonshine-tiny", "onnxruntime", True),
        ("audio", "moonshine-tiny", "transformers", False),
        ("audio", "moonshine-tiny", "av", True),
        ("audio", "wav2vec", "onnxruntime", False),
        ("audio", "wav2vec", "numpy", False),
        ("audio", "hf:some/model", "numpy", True),
        ("text", "hf:some/model", "sentencepiece", True),
        ("text", "minilm", "sentencepiece", False),
        ("text", "minilm", "tokenizers", True),
        ("text", "minilm", "av", False),
        ("visual", "mini-xception", "opencv-python-headless", True),
        ("visual", "torchvision:resnet18", "torchvision", True),
        ("visual", "manet", "torchvision", False),
    ],
)
def test_a_version_counts_where_the_library_computes_and_nowhere_else(
    modality, encoder, library, counts, monkeypatch
):
    section = {"audio": AudioSettings, "text": TextSettings, "visual": VisualSettings}[modality]
    settings = dump(section(encoder=encoder))
    before = encoder_ingredients(modality, settings, WEIGHTS)
    installed = libraries.version

    def other(name):
        return "0.0.1" if name == library else installed(name)

    monkeypatch.setattr(libraries, "version", other)
    libraries._version.cache_clear()
    try:
        after = encoder_ingredients(modality, settings, WEIGHTS)
    finally:
        libraries._version.cache_clear()
    assert (record_key(after) != record_key(before)) == counts
    if counts:
        changed = {name for name in before if before[name] != after[name]}
        assert changed == {"libraries"}
        assert after["libraries"][library] == "0.0.1"


COMPUTING = {
    "av": "av",
    "cv2": "opencv-python-headless",
    "onnxruntime": "onnxruntime",
    "torchaudio": "torchaudio",
    "torchvision": "torchvision",
    "PIL": "pillow",
    "transformers": "transformers",
    "torch": "torch",
    "scipy": "scipy",
    "facenet_pytorch": "facenet-pytorch",
}


@pytest.mark.parametrize("detector", libraries.DETECTORS)
def test_every_detector_names_what_its_modules_import(detector):
    """Also what they import when it is needed: pillow writes the crops, scipy tells mouths."""
    modules = closure(CROPPING, detector_module(detector))
    reached = set[str]().union(*(imported(name) for name in modules))
    wanted = {name for top, name in COMPUTING.items() if top in reached}
    assert {"pillow", "scipy", "torchaudio"} <= wanted
    assert wanted <= set(libraries.DETECTORS[detector])


def test_steps_of_speech_name_what_their_modules_import():
    reached = set[str]().union(*(imported(name) for name in closure(STEPS)))
    wanted = {name for top, name in COMPUTING.items() if top in reached}
    assert "transformers" in wanted
    assert wanted <= versions_of_step("hf:a/folder").keys()
    assert versions_of_step("hf:a/folder").keys() - versions_of_step("moonshine").keys() == {
        "tokenizers",
        "transformers",
    }


def test_every_encoder_names_what_its_modules_import():
    """Truth: third-party modules that an encoder's module reaches; the names are distributions."""
    for module in {encoder.module for encoder in _ALL}:
        reached = {name.partition(".")[0] for name in loaded_with(module)}
        wanted = {name for top, name in COMPUTING.items() if top in reached}

        for encoder in _ALL:
            if encoder.module == module:
                assert wanted <= set(encoder.libraries), (encoder.name, module)
