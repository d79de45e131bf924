"""An encoder is one module outside the tree, for each modality; what it lacks is said by name."""

import wave
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.base import provenance
from pipeline.base.errors import SettingsError
from pipeline.base.records import Utterance
from pipeline.config.features import FeaturesSettings
from pipeline.config.settings import dump, parse_section
from pipeline.features.cache.extractor import Item
from pipeline.features.encoder_keys import encoder_ingredients
from pipeline.features.extraction import EncoderChoice
from pipeline.features.faces.crops import CropRecord, write_crops
from pipeline.features.weights.locating import locate_weights
from tests.documents.pages import templates

TEXT = templates()["encoder"]
# Loudness and zero crossings of 100 ms frames; the mean color of a face.
SOUND = '''
from dataclasses import dataclass
import numpy as np
from models.own_encoder import EncoderInfo, Encoding

@dataclass(frozen=True)
class Settings:
    """No settings."""

ENCODER = EncoderInfo("loudness", "audio", Settings)

def build(settings, weights, device):
    def encode(waveform):
        frames = waveform[: len(waveform) // 1600 * 1600].reshape(-1, 1600)
        crossings = (np.diff(np.sign(frames), axis=1) != 0).mean(axis=1)
        return np.stack([np.abs(frames).mean(axis=1), crossings], axis=1)
    return Encoding(2, encode, shortest=1600)
'''
FACES = '''
from dataclasses import dataclass
import torch
from models.own_encoder import EncoderInfo, Encoding

@dataclass(frozen=True)
class Settings:
    """No settings."""

ENCODER = EncoderInfo("colors", "visual", Settings, libraries=("torch",))

def build(settings, weights, device):
    def encode(crops):
        return torch.stack([torch.from_numpy(crop).float().mean(dim=(0, 1)) for crop in crops])
    return Encoding(3, encode)
'''
ENCODED = "counts / max(counts.sum(), 1)"
HOME = "def build("
FAULTS = {  # what is changed in the module of the page, and what is said of it
    "no entry": ("ENCODER = ", "CODER = ", r"has no `ENCODER = EncoderInfo\(...\)`"),
    "no build": (HOME, "def make(", r"has no `build\(settings, weights, device\)`"),
    "no defaults": ("width: Count = 256", "width: Count", "width of its settings need a default"),
    "not frozen": ("frozen=True", "frozen=False", "must be a frozen dataclass"),
    "other modality": ('modality="text"', 'modality="audio"', "encodes audio, not text"),
    "no import": ("import zlib", "import zlip", "it imports 'zlip', which is not installed"),
    "no Python": ("import zlib", "import zlib;;", "cannot be imported: SyntaxError"),
    "no Encoding": ("return Encoding(settings.width, encode)", "return encode", "not an Encoding"),
    "build fails": (HOME, "X = {}\n\n\ndef build(", None),
}
WRONG = {  # found once something is encoded
    "width": (ENCODED, f"({ENCODED})[1:]", r"it gave shape \(255,\), expected \(256,\)"),
    "number": (ENCODED, "counts.sum()", r"it gave shape \(\), expected \(256,\)"),
    "salted": ("zlib.crc32(letters)", "hash(letters)", "two processes gave u0 different vectors"),
    "drawn": (ENCODED, f"{ENCODED} + np.random.default_rng().random()", "seed what is drawn"),
    "crash": (ENCODED, "__import__('os')._exit(3)", "it crashed"),
}


def extractor(modality, encoder, tmp_path, **values):
    section = {modality: {"encoder": encoder, **values}}
    settings = dump(getattr(parse_section(section, FeaturesSettings, where="features"), modality))
    weights = locate_weights(modality, settings, tmp_path / "cache")
    return EncoderChoice(modality, settings, weights, "cpu").build()


def items(texts=("Well, hello!", "the end", "..."), **given):
    rows = (Utterance(f"u{n}", "d", n, "", "", "", 0, 1, "full", t) for n, t in enumerate(texts))
    return [Item(row, **given) for row in rows]


def test_texts_are_encoded_as_the_page_shows(package, tmp_path):
    name = package("trigrams", TEXT)
    found = list(extractor("text", name, tmp_path, settings={"width": 8}).encode(items()))
    assert [extracted.status for extracted in found] == ["ok", "ok", "no_text"]
    assert found[0].vector.shape == (8,)
    assert found[0].vector.sum() == pytest.approx(1)
    assert not np.array_equal(found[0].vector, found[1].vector)


def test_a_waveform_is_decoded_and_its_frames_averaged(package, tmp_path):
    tone = 0.5 * np.sin(0.1 + 2 * np.pi * 100 * np.arange(16_000) / 16_000)
    with wave.open(str(tmp_path / "a.wav"), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes((tone * 32767).astype("<i2").tobytes())
    sound = extractor("audio", package("loudness", SOUND), tmp_path)
    (found,) = sound.encode(items(["a"], media=tmp_path / "a.wav"))
    # Mean of |sin| is 2 / pi; 100 Hz crosses zero 200 times a second, in 16 000 steps.
    np.testing.assert_allclose(found.vector, [0.5 * 2 / np.pi, 200 / 16_000], rtol=0.06)


def test_faces_are_averaged(package, tmp_path):
    faces = [np.full((40, 30, 3), color, np.uint8) for color in ((200, 40, 80), (100, 60, 0))]
    jpegs = [cv2.imencode(".jpg", face[..., ::-1])[1].tobytes() for face in faces]
    record = CropRecord(
        **{"key": "k", "status": "ok", "which_face": "single", "region": "full"},
        **{"n_frames": 2, "n_faces": 2, "n_candidates": 2, "times_s": (0.0, 0.5)},
        **{"boxes": ((0, 0, 30, 40),) * 2, "confidences": (0.9, 0.9)},
    )
    write_crops(tmp_path / "k.zip", record, jpegs)
    colors = extractor("visual", package("colors", FACES), tmp_path)
    (found,) = colors.encode(items(["a"], crops=tmp_path / "k.zip"))
    np.testing.assert_allclose(found.vector, [150, 50, 40], atol=3)  # JPEG rounds


@pytest.mark.parametrize("fault", FAULTS)
def test_a_module_that_is_no_encoder_is_refused_by_name(package, tmp_path, fault):
    before, after, said = FAULTS[fault]
    assert before in TEXT
    code = TEXT.replace(before, after, 1)
    if said is None:
        code, said = (
            code.replace("    def encode", "    X['y']\n\n    def encode"),
            "build failed: Key",
        )
    name = package("trigrams", code)
    with pytest.raises(SettingsError, match=said) as caught:
        extractor("text", name, tmp_path)
    assert "features.text.encoder" in str(caught.value)
    assert name in str(caught.value)


@pytest.mark.parametrize("fault", WRONG)
def test_vectors_that_cannot_be_kept_are_refused_by_name(package, spoiled, tmp_path, fault):
    name, said = spoiled(package, "trigrams", TEXT, WRONG[fault])
    with pytest.raises(SettingsError, match=said) as caught:
        list(extractor("text", name, tmp_path).encode(items()))
    assert str(caught.value).startswith(f"features.text.encoder: {name}: ")


def test_a_module_that_is_nowhere_is_refused_with_the_places(tmp_path):
    with pytest.raises(SettingsError, match=r"no module named 'nobodys'.*on PYTHONPATH"):
        extractor("text", "nobodys.module", tmp_path)
    with pytest.raises(SettingsError, match=r"'queue' is a module of Python itself.*another name"):
        extractor("text", "queue.my_encoder", tmp_path)


@pytest.mark.parametrize(
    ("encoder", "settings", "said"),
    [
        (None, {"widht": 3}, "features.text.settings.widht: unknown key.*mean 'width'"),
        (None, {"width": 0}, "features.text.settings.width: must be greater than"),
        (None, {"lower_case": 3}, "features.text.settings.lower_case: must be true or false"),
        ("minilm", {"width": 3}, "only a module of yours has settings here, and minilm is not one"),
    ],
)
def test_settings_are_typed_as_ours(package, tmp_path, encoder, settings, said):
    name = encoder or package("trigrams", TEXT)
    with pytest.raises(SettingsError, match=said):
        extractor("text", name, tmp_path, settings=settings)


def key_of(modality, name, tmp_path, **values):
    provenance.forget()
    section = {modality: {"encoder": name, **values}}
    settings = dump(getattr(parse_section(section, FeaturesSettings, where=""), modality))
    weights = locate_weights(modality, settings, tmp_path / "cache")
    return encoder_ingredients(modality, settings, weights)


def test_what_decides_a_vector_names_it_and_nothing_else(package, tmp_path):
    name = package("trigrams", TEXT)
    path = tmp_path / Path(*name.split(".")).with_suffix(".py")
    first = key_of("text", name, tmp_path)
    assert first["libraries"].keys() == {"numpy"}
    assert key_of("text", name, tmp_path, settings={"width": 256}) == first  # the default, said
    assert key_of("text", name, tmp_path, settings={"width": 255}) != first
    assert key_of("text", name, tmp_path, max_tokens=8, pooling="tokens") == first
    (tmp_path / "w.bin").write_bytes(b"weights")
    assert key_of("text", name, tmp_path, weights=str(tmp_path / "w.bin")) != first
    path.write_text(TEXT.replace("  # `hash`", "  # a `hash`"), encoding="utf-8")
    assert key_of("text", name, tmp_path) == first
    assert key_of("text", package("moved", TEXT), tmp_path) == first
    path.write_text(TEXT.replace("start + 3", "start + 4"), encoding="utf-8")
    assert key_of("text", name, tmp_path) != first
