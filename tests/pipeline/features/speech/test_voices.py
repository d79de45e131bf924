"""The voice encoder against numbers of Resemblyzer 0.1.4, its mel bands against librosa 0.11.

Made with resemblyzer.voice_encoder.VoiceEncoder over librosa.feature.melspectrogram(n_fft=400,
hop_length=160, n_mels=40, pad_mode="constant") of the first second of the chirp below.
"""

from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline.base.errors import CheckpointError
from pipeline.features.speech.mels import MelPowers
from pipeline.features.speech.networks import VOICES, locate_network
from pipeline.features.speech.voices import Voices

TIME = np.arange(24000) / 16000
CHIRP = (0.1 * np.sin(2 * np.pi * (200 * TIME + 400 * TIME**2))).astype(np.float32)
BANDS = {
    (0, 3): 0.10577991604804993,
    (10, 5): 9.589038199919742e-06,
    (75, 14): 1.695722851025039e-08,
    (150, 20): 0.0028709436301141977,
}
LARGEST = {20: 0.2408, 45: 0.2186, 247: 0.2041, 66: 0.1810}


def test_mel_bands_are_those_of_librosa():
    bands = MelPowers()(torch.from_numpy(CHIRP)).numpy()
    assert bands.shape == (151, 40)
    for place, value in BANDS.items():
        assert bands[place] == pytest.approx(value, rel=2e-3, abs=1e-9)


def test_vectors_are_those_of_resemblyzer(tmp_path):
    windows = Voices(locate_network(VOICES, tmp_path).path).windows(CHIRP)
    assert windows.middles_s == pytest.approx([0.5, 0.65, 0.8, 0.95])
    assert np.linalg.norm(windows.vectors, axis=1) == pytest.approx(np.ones(4))
    first = windows.vectors[0]
    assert {int(place) for place in first.argsort()[-4:]} == set(LARGEST)
    assert {place: round(float(first[place]), 4) for place in LARGEST} == pytest.approx(
        LARGEST, abs=2e-4
    )


def test_a_vector_does_not_depend_on_its_company(tmp_path):
    voices = Voices(locate_network(VOICES, tmp_path).path)
    whole, alone = voices.windows(CHIRP), voices.windows(CHIRP[:21000])
    n = len(alone.vectors) - 1  # zeros behind the end are heard by the last window
    assert n > 0
    assert np.abs(whole.vectors[:n] - alone.vectors[:n]).max() < 1e-4


def test_other_weights_are_refused(tmp_path, monkeypatch):
    other = tmp_path / "pretrained.pt"
    other.write_bytes(b"\x80\x02.")
    monkeypatch.setattr("pipeline.features.speech.networks.bundled_path", lambda network: other)
    with pytest.raises(CheckpointError, match=r"pretrained\.pt: not resemblyzer as we know it"):
        locate_network(VOICES, tmp_path)
    monkeypatch.setattr("pipeline.features.speech.networks.bundled_path", lambda network: None)
    with pytest.raises(CheckpointError, match=r"resemblyzer is not on this machine.*lock"):
        locate_network(VOICES, Path())
