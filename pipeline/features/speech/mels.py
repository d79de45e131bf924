"""Mel bands as the voice encoder knows them: powers, not logarithms, as librosa makes them.

Windows of 25 ms every 10 ms at 16 kHz, Slaney's filters, zeros beyond both ends.
"""

from torch import Tensor, nn
from torchaudio.transforms import MelSpectrogram

from models.encoders.ge2e import N_MELS
from pipeline.media.speech_rate import SAMPLE_RATE_HZ

WINDOW, STEP = 400, 160
LOUDNESS_DB = -30.0  # quieter speech is raised to this mean power, louder stays


class MelPowers(nn.Module):
    """Samples (S,) -> (1 + S // 160, 40), raised to the loudness that the encoder knows."""

    def __init__(self) -> None:
        super().__init__()
        self.mels = MelSpectrogram(
            SAMPLE_RATE_HZ,
            n_fft=WINDOW,
            win_length=WINDOW,
            hop_length=STEP,
            n_mels=N_MELS,
            norm="slaney",
            mel_scale="slaney",
            pad_mode="constant",
        )

    def forward(self, samples: Tensor) -> Tensor:
        """Silence stays silence."""
        power = samples.square().mean().clamp(min=1e-12)
        gain = (10 ** (LOUDNESS_DB / 10) / power).sqrt().clamp(min=1.0)
        bands: Tensor = self.mels(samples * gain)
        return bands.T
