"""The catalogue knows every encoder that the configuration allows, and nothing heavy."""

import importlib.util
import inspect
import subprocess
import sys

import pytest

from pipeline.base.errors import SettingsError
from pipeline.config.features import (
    AUDIO_ENCODERS,
    TEXT_ENCODERS,
    VISUAL_ENCODERS,
    AudioSettings,
    TextSettings,
    VisualSettings,
)
from pipeline.config.settings import parse_section
from pipeline.features.weights.catalogue import find_encoder

SECTIONS = {
    "audio": (AudioSettings, AUDIO_ENCODERS),
    "text": (TextSettings, TEXT_ENCODERS),
    "visual": (VisualSettings, VISUAL_ENCODERS),
}
ALL = [(modality, name) for modality, (_, names) in SECTIONS.items() for name in names]


@pytest.mark.parametrize(("modality", "form"), ALL)
def test_every_encoder_of_the_configuration_has_a_module_and_real_options(modality, form):
    name = form.replace("<name>", "resnet18").replace("<model id or folder>", "a/b")
    name = name.replace("<file>", "a.onnx")
    section = SECTIONS[modality][0](encoder=name)
    encoder = find_encoder(modality, section.encoder)
    assert encoder.modality == modality
    assert importlib.util.find_spec(find_encoder(modality, name).module) is not None
    assert set(encoder.options) <= set(type(section).model_fields) - {"weights", "revision"}


@pytest.mark.parametrize(("modality", "form"), ALL)
def test_every_module_builds_in_the_same_way(modality, form):
    module = importlib.import_module(find_encoder(modality, form).module)
    assert list(inspect.signature(module.build).parameters) == ["settings", "weights", "device"]


@pytest.mark.parametrize("modality", SECTIONS)
@pytest.mark.parametrize("name", ["hf:", "HF:a", "openface", "", "torchvision:", "onnx:"])
def test_an_unknown_encoder_is_refused_with_those_that_are_known(modality, name):
    section, known = SECTIONS[modality]
    with pytest.raises(SettingsError, match="no such encoder") as caught:
        parse_section({"encoder": name}, section, where=f"features.{modality}")
    assert all(form in str(caught.value) for form in known)


def test_the_catalogue_and_the_place_of_weights_need_no_torch():
    script = (
        "import sys, pipeline.features.weights.locating, pipeline.features.weights.catalogue;"
        "assert not {'torch', 'transformers', 'onnxruntime', 'huggingface_hub'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
