"""Folders of tiny models, utterances, settings of encoders, and parts of checkpoints."""

import sys

import cv2
import numpy as np
import pytest
import torch

from models.encoders.manet import MaNet
from models.encoders.wav2vec import Wav2Vec
from pipeline.base.records import Utterance
from pipeline.config.features import AudioSettings, TextSettings, VisualSettings
from pipeline.config.settings import dump
from pipeline.features.cache.extractor import Item, Weights
from pipeline.features.faces.crops import CropRecord, write_crops
from pipeline.features.weights.locating import locate_weights
from tests.pipeline import tiny_models
from tests.pipeline.features.published_layouts import RecorderMeter, shadow

SECTIONS = {"audio": AudioSettings, "text": TextSettings, "visual": VisualSettings}


def make_settings(modality, **values):
    return dump(SECTIONS[modality](**values))


@pytest.fixture(scope="session")
def settings_of():
    """settings_of(modality, **values): the section as a stage gets it."""
    return make_settings


@pytest.fixture(scope="session")
def local():
    """local(folder): weights of a folder that no digest is asked of."""
    return lambda path: Weights(path, "0" * 64)


@pytest.fixture(scope="session")
def bundled(tmp_path_factory):
    """bundled(modality): settings and weights of the default encoder."""
    cache = tmp_path_factory.mktemp("cache")

    def find(modality):
        settings = make_settings(modality)
        return settings, locate_weights(modality, settings, cache)

    return find


@pytest.fixture
def item():
    """item(id, text): an utterance to encode."""

    def make(name="u", text="", **given):
        return Item(Utterance(name, "d", 0, "s", "1", "", 0.0, 1.0, "full", text), **given)

    return make


@pytest.fixture(scope="session")
def speech_model(tmp_path_factory):
    """speech_model(name): folder of a tiny speech model with random weights."""
    made = {}

    def make(name, **options):
        key = (name, *options.items())
        if key not in made:
            made[key] = tiny_models.save_speech_model(
                tmp_path_factory.mktemp(name), name, **options
            )
        return made[key]

    return make


@pytest.fixture(scope="session")
def deberta(tmp_path_factory):
    """A tiny DeBERTa v1 with a byte-level tokenizer in the files of microsoft/deberta-large."""
    return tiny_models.save_deberta(tmp_path_factory.mktemp("deberta"))


@pytest.fixture(scope="session")
def deberta_v3(tmp_path_factory):
    """A tiny DeBERTa v2/v3 with a unigram tokenizer, saved as tokenizer.json."""
    return tiny_models.save_deberta_v3(tmp_path_factory.mktemp("deberta_v3"))


@pytest.fixture(scope="session")
def vit(tmp_path_factory):
    """A tiny ViT saved with its classifier and so without the weights of a pooler."""
    return tiny_models.save_vit(tmp_path_factory.mktemp("vit"))


@pytest.fixture
def waveforms():
    """waveforms(lengths): noise with a tone in it, seeded by the length."""

    def make(lengths):
        return [
            (
                0.1 * np.random.default_rng(n).standard_normal(n)
                + 0.2 * np.sin(np.arange(n) * (0.01 + 0.001 * (n % 7)))
            ).astype(np.float32)
            for n in lengths
        ]

    return make


@pytest.fixture(scope="session")
def shadows():
    """Published shapes without the weight: `shadows["wav2vec"]`, `shadows["manet"]`."""
    with torch.device("meta"):
        return {"wav2vec": shadow(Wav2Vec()), "manet": shadow(MaNet())}


@pytest.fixture
def recorder(monkeypatch):
    """A recorder that pickles as `__main__.RecorderMeter`, as from a script."""
    monkeypatch.setattr(RecorderMeter, "__module__", "__main__")
    monkeypatch.setattr(sys.modules["__main__"], "RecorderMeter", RecorderMeter, raising=False)
    return RecorderMeter(100)


@pytest.fixture
def archive(tmp_path):
    """archive(name, faces): path of a zip of crops, and the faces as JPEG gives them back."""

    def write(name, faces):
        jpegs = [cv2.imencode(".jpg", face[..., ::-1])[1].tobytes() for face in faces]
        record = CropRecord(
            key=name,
            status="ok" if faces else "no_face",
            which_face="single",
            region="full",
            n_frames=len(faces),
            n_faces=len(faces),
            n_candidates=len(faces),
            times_s=tuple(float(n) for n in range(len(faces))),
            boxes=((0, 0, 96, 96),) * len(faces),
            confidences=(1.0,) * len(faces),
        )

        write_crops(tmp_path / f"{name}.zip", record, jpegs)
        return tmp_path / f"{name}.zip"

    return write
