"""The voice encoder of GE2E (Wan et al. 2018, arXiv:1710.10467), as Resemblyzer publishes it.

Three LSTM layers over 40 mel bands, a linear layer, ReLU, unit length: two voices are alike as far
as the product of their vectors is near 1. Mel bands: pipeline.features.speech.mels.
"""

import torch
from torch import Tensor, nn

N_MELS, WIDTH, N_LAYERS = 40, 256, 3


class VoiceEncoder(nn.Module):
    """Mel powers (N, frames, 40) -> (N, 256) of unit length; `scale` weighs their products."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(N_MELS, WIDTH, N_LAYERS, batch_first=True)
        self.linear = nn.Linear(WIDTH, WIDTH)
        self.similarity_weight = nn.Parameter(torch.ones(1))
        self.similarity_bias = nn.Parameter(torch.zeros(1))

    def forward(self, mels: Tensor) -> Tensor:
        """Each row alone: a voice does not depend on its company."""
        _, (hidden, _) = self.lstm(mels)
        return nn.functional.normalize(torch.relu(self.linear(hidden[-1])), dim=1)
