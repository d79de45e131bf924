"""How a voice sounds: a vector of a piece of speech, in a space where speakers lie apart.

The network (WeSpeaker's ResNet34 with large margin, trained on VoxCeleb; Wang et al. 2023,
arXiv:2210.17016) and the space of its vectors (probabilistic linear discriminant analysis, PLDA)
are those of pyannote's speaker-diarization-community-1 (CC-BY-4.0), which moonshine-voice carries
inside its library. Its features are those of Kaldi: 80 logarithmic mel bands of 25 ms every 10 ms.
"""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torchaudio.compliance.kaldi import fbank

from pipeline.features.speech.graphs import load_graph
from pipeline.features.speech.inside import part_of
from pipeline.features.speech.networks import VOICE_PARTS
from pipeline.media.arrays import Waveform
from pipeline.media.speech_rate import SAMPLE_RATE_HZ

FULL_SCALE = 32768.0  # Kaldi's samples are whole numbers of 16 bits
N_MELS, WIDTH, SPACE = 80, 256, 128
Vectors = NDArray[np.float64]


class Voices:
    """The voice encoder with its published weights, on the CPU."""

    def __init__(self, library: Path) -> None:
        self._graph = load_graph(part_of(library, VOICE_PARTS["embedding"]))
        self.space = VoiceSpace(library)

    def vector(self, samples: Waveform) -> Vectors:
        """(128,): how a piece sounds, in the space; at least 0.1 s."""
        scaled = torch.from_numpy(samples * FULL_SCALE)[None]
        bands = fbank(
            scaled,
            num_mel_bins=N_MELS,
            sample_frequency=SAMPLE_RATE_HZ,
            window_type="hamming",
            dither=0.0,
        ).numpy()
        bands -= bands.mean(axis=0)

        inputs = {"fbank": bands[None], "weights": np.ones((1, len(bands)), np.float32)}
        ((raw,),) = self._graph.run(None, inputs)
        return self.space.of(raw)


class VoiceSpace:
    """Where a speaker's vectors lie about his own with variance 1, in each direction alone.

    `spread` (128,): the variance of speakers in each direction, so that where it is large, a
    distance tells them apart. Two times a mean is taken off and what is left made as long as its
    width's root, with a linear discriminant analysis between; then the PLDA's own turn.
    """

    def __init__(self, library: Path) -> None:
        def array(name: str, kind: str, *shape: int) -> Vectors:
            read = np.frombuffer(part_of(library, VOICE_PARTS[name]), kind)
            return read.astype(np.float64).reshape(shape)

        self._raw_mean, self._mean = array("mean1", "<f8", WIDTH), array("mean2", "<f4", SPACE)
        self._lda = array("lda", "<f4", WIDTH, SPACE)
        self._middle, self._turn = array("mu", "<f8", SPACE), array("tr", "<f8", SPACE, SPACE)
        self.spread = array("psi", "<f8", SPACE)

    def of(self, raw: NDArray[np.floating]) -> Vectors:
        """(256,) of the network -> (128,)."""
        narrowed = _long(raw - self._raw_mean) @ self._lda
        turned: Vectors = self._turn @ (_long(narrowed - self._mean) - self._middle)
        return turned


def _long(vector: Vectors) -> Vectors:
    """The vector, as long as the root of its width."""
    scale = np.sqrt(len(vector)) / max(float(np.linalg.norm(vector)), 1e-12)
    scaled: Vectors = vector * scale
    return scaled
