"""wav2vec (v1) large, Schneider et al. 2019: a waveform to context features c (reading.md C.1).

Shapes: B utterances of one length, S samples at 16 kHz in [-1, 1], T frames of 10 ms, 512
channels. Names of modules give the keys of the published fairseq checkpoint; its prediction head
(`wav2vec_predictions.*`) is training only and absent here.

Group norm runs over the whole utterance: padding, or cutting a waveform, changes every frame.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

CHANNELS = 512
SAMPLE_RATE_HZ = 16_000
HOP_SAMPLES = 160
RECEPTIVE_FIELD_SAMPLES = 465  # the shortest waveform that gives a frame
EXTRACTOR_LAYERS = ((512, 10, 5), (512, 8, 4), *3 * ((512, 4, 2),), *2 * ((512, 1, 1),))
AGGREGATOR_LAYERS = tuple((512, kernel, 1) for kernel in range(2, 14))
RESIDUAL_SCALE = 0.5


class UtteranceNorm(nn.GroupNorm):
    """Group norm with one group: statistics over all channels and frames, always in float32."""

    def __init__(self, channels: int) -> None:
        super().__init__(1, channels, eps=1e-5)

    def forward(self, x: Tensor) -> Tensor:
        """x: (B, C, T) -> the same shape and dtype."""
        with torch.autocast(x.device.type, enabled=False):
            weight, bias = self.weight.float(), self.bias.float()
            return F.group_norm(x.float(), 1, weight, bias, self.eps).to(x.dtype)


class FeatureExtractor(nn.Module):
    """Waveform to local features z: seven convolutions without padding, then log(1 + |x|)."""

    def __init__(self) -> None:
        super().__init__()
        widths = (1, *(channels for channels, _, _ in EXTRACTOR_LAYERS))
        self.conv_layers = nn.ModuleList(
            nn.Sequential(
                nn.Conv1d(n_in, channels, kernel, stride, bias=False),
                nn.Dropout(0.0),
                UtteranceNorm(channels),
                nn.ReLU(inplace=True),
            )
            for n_in, (channels, kernel, stride) in zip(widths, EXTRACTOR_LAYERS, strict=False)
        )

    def forward(self, waveform: Tensor) -> Tensor:
        """waveform: (B, S) -> z (B, 512, T)."""
        x = waveform.unsqueeze(1)
        for layer in self.conv_layers:
            x = layer(x)
        return torch.log1p(x.abs())


class FeatureAggregator(nn.Module):
    """Local features to context features: twelve causal convolutions with scaled residuals."""

    def __init__(self) -> None:
        super().__init__()
        self.conv_layers = nn.ModuleList(
            nn.Sequential(
                nn.ReplicationPad1d((kernel - 1, 0)),
                nn.Conv1d(CHANNELS, channels, kernel, stride),
                nn.Dropout(0.0),
                UtteranceNorm(channels),
                nn.ReLU(inplace=True),
            )
            for channels, kernel, stride in AGGREGATOR_LAYERS
        )

    def forward(self, z: Tensor) -> Tensor:
        """z: (B, 512, T) -> c (B, 512, T)."""
        x = z
        for layer in self.conv_layers:
            x = (layer(x) + x) * math.sqrt(RESIDUAL_SCALE)
        return x


class Wav2Vec(nn.Module):
    """The published encoder: 29.4 million parameters, one 512-vector per 10 ms."""

    def __init__(self) -> None:
        super().__init__()
        self.feature_extractor = FeatureExtractor()
        self.feature_aggregator = FeatureAggregator()

    def forward(self, waveform: Tensor) -> Tensor:
        """waveform: (B, S), whole utterances -> c (B, T, 512)."""
        if waveform.dim() != 2 or waveform.shape[1] < RECEPTIVE_FIELD_SAMPLES:
            raise ValueError(
                f"waveform has shape {tuple(waveform.shape)}; expected (B, S) with at least "
                f"S={RECEPTIVE_FIELD_SAMPLES} samples (29 ms): leave shorter clips out"
            )
        return self.feature_aggregator(self.feature_extractor(waveform)).transpose(1, 2)
