"""The voice encoder and its space: by what they are for, and by scipy."""

from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.linalg import eigh
from torchaudio.functional import resample

from demo.speech import Synthesizer
from pipeline.base.errors import CheckpointError
from pipeline.features.speech.networks import VOICE_PARTS, VOICES, locate_network
from pipeline.features.speech.voices import Voices, VoiceSpace
from tests.pipeline.features.speech.conftest import EVEN

TEXTS = ("There is some coffee left in the kitchen.", "I waited all day, and nobody came.")


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    return locate_network(VOICES, tmp_path_factory.mktemp("cache")).path


@pytest.fixture(scope="module")
def voices(library):
    return Voices(library)


def test_vectors_of_one_voice_are_alike_and_of_two_are_not(voices):
    synthesizer = Synthesizer()

    def heard(voice, text):
        said = torch.from_numpy(synthesizer.say(text, voice, EVEN).astype(np.float32) / 32768)
        return voices.vector(resample(said, synthesizer.sample_rate_hz, 16000).numpy())

    ann, ann2, ben, ben2 = [heard(v, t) for v in ("en-us+f2", "en-us+m3") for t in TEXTS]
    same = max(np.linalg.norm(ann - ann2), np.linalg.norm(ben - ben2))
    other = min(np.linalg.norm(a - b) for a in (ann, ann2) for b in (ben, ben2))
    assert other > 1.2 * same


def test_loudness_does_not_matter_and_silence_has_a_vector(voices):
    noise = np.random.default_rng(0).normal(0, 0.1, 16000).astype(np.float32)
    assert np.abs(voices.vector(noise) - voices.vector(noise / 4)).max() < 0.05
    assert np.isfinite(voices.vector(np.zeros(1600, np.float32))).all()


def test_in_the_space_one_speaker_varies_by_1_and_speakers_by_the_spread(library):
    """`tr` and `psi` are the generalized eigenvectors and -values of between and within."""
    space = VoiceSpace(library)
    turn, spread = space._turn, space.spread
    within = np.linalg.inv(turn.T @ turn)
    between = np.linalg.inv(turn.T / spread @ turn)
    values, axes = eigh(between, within)
    assert np.sort(spread) == pytest.approx(values)
    order = np.argsort(spread)
    vector = np.random.default_rng(0).normal(size=128)
    found, expected = np.abs(turn[order] @ vector), np.abs(axes.T @ vector)
    assert found == pytest.approx(expected, rel=1e-6, abs=1e-9)


def test_other_weights_are_refused(tmp_path, monkeypatch, library):
    other = tmp_path / library.name
    content = bytearray(library.read_bytes())
    content[content.find(VOICE_PARTS["psi"].first) + 9] ^= 1
    other.write_bytes(content)
    monkeypatch.setattr("pipeline.features.speech.networks.bundled_path", lambda network: other)
    located = locate_network(VOICES, tmp_path)
    with pytest.raises(CheckpointError, match=r"libmoonshine\.so holds no part of 1,024 bytes"):
        Voices(located.path)
    monkeypatch.setattr("pipeline.features.speech.networks.bundled_path", lambda network: None)
    with pytest.raises(CheckpointError, match=r"wespeaker-community-1 is not on this.*lock"):
        locate_network(VOICES, Path())
