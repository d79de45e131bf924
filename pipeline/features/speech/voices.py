"""How a voice sounds, second by second: GE2E vectors of windows (models.encoders.ge2e)."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from models.encoders.ge2e import VoiceEncoder
from pipeline.base.errors import CheckpointError
from pipeline.features.speech.mels import STEP, MelPowers
from pipeline.features.weights.checkpoints import open_checkpoint
from pipeline.media.arrays import Waveform
from pipeline.media.speech_rate import SAMPLE_RATE_HZ

FRAMES_PER_S = SAMPLE_RATE_HZ // STEP
WINDOW_S, HOP_S = 1.0, 0.15  # longer ones hold two voices at a change, shorter ones tell less
BATCH = 64  # windows at once: 64 x 100 x 1024 numbers per layer
Vectors = NDArray[np.float32]  # (n, 256), of unit length


@dataclass(frozen=True)
class VoiceWindows:
    """Seconds from the beginning of a waveform of each window's middle, and its vector."""

    middles_s: NDArray[np.float64]
    vectors: Vectors


class Voices:
    """The voice encoder with its published weights, on the CPU."""

    def __init__(self, path: Path) -> None:
        def refuse(path: Path, problem: str) -> CheckpointError:
            return CheckpointError(f"{path}: {problem}")

        with open_checkpoint(path, refuse) as checkpoint:
            state = checkpoint.state("model_state")
        self._encoder = VoiceEncoder().eval()
        self._mels = MelPowers().eval()
        try:
            self._encoder.load_state_dict(state)
        except RuntimeError as error:
            raise refuse(path, str(error)) from None

    def windows(self, samples: Waveform) -> VoiceWindows:
        """Vectors along a waveform; one that is shorter than a window gives one."""
        with torch.inference_mode():
            mels = self._mels(torch.from_numpy(samples))
            width = min(round(WINDOW_S * FRAMES_PER_S), len(mels))
            starts = range(0, len(mels) - width + 1, round(HOP_S * FRAMES_PER_S))
            pieces = mels.unfold(0, width, 1).transpose(1, 2)  # (positions, width, 40)
            vectors = torch.cat(list(self._encoded(pieces[list(starts)])))
        middles = (np.array(starts) + width / 2) / FRAMES_PER_S
        return VoiceWindows(middles, vectors.numpy())

    def _encoded(self, pieces: torch.Tensor) -> Iterator[torch.Tensor]:
        for start in range(0, len(pieces), BATCH):
            yield self._encoder(pieces[start : start + BATCH])


def mean_vector(vectors: Vectors) -> Vectors:
    """(256,): the middle of vectors, of unit length."""
    middle = vectors.mean(axis=0)
    unit: Vectors = middle / max(float(np.linalg.norm(middle)), 1e-12)
    return unit
