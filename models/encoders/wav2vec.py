"""wav2vec (v1) large, Schneider et al. 2019: a waveform to context features c (reading.md C.1).

Shapes: B utterances of one length, S samples at 16 kHz in [-1, 1], T frames of 10 ms, 512
channels. Names of modules give the keys of the published fairseq checkpoint; its prediction head
(`wav2vec_predictions.*`) is training only and absent here.

Group norm runs over the whole utterance: padding, or cutting a waveform, changes every frame. So
utterances of several lengths go together only with their lengths: norms are then those of the real
frames, the convolutions of the extractor have no padding, and those of the aggregator look back.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

CHANNELS = 512
HOP_SAMPLES = 160
RECEPTIVE_FIELD_SAMPLES = 465  # the shortest waveform that gives a frame
EXTRACTOR_LAYERS = ((512, 10, 5), (512, 8, 4), *3 * ((512, 4, 2),), *2 * ((512, 1, 1),))
AGGREGATOR_LAYERS = tuple((512, kernel, 1) for kernel in range(2, 14))
RESIDUAL_SCALE = 0.5


class UtteranceNorm(nn.GroupNorm):
    """Group norm with one group: statistics over all channels and frames, in float32 at least."""

    def __init__(self, channels: int) -> None:
        super().__init__(1, channels, eps=1e-5)

    def forward(self, x: Tensor, n_real: Tensor | None = None) -> Tensor:
        """x: (B, C, T) -> the same shape and dtype; n_real: (B,), frames that are none of padding.

        With `n_real`, x is changed: what is padding in it becomes 0.
        """
        if n_real is not None:
            return masked_norm(x, n_real, self.weight, self.bias, self.eps)
        with torch.autocast(x.device.type, enabled=False):
            wide = torch.promote_types(x.dtype, torch.float32)
            weight, bias = self.weight.to(wide), self.bias.to(wide)
            return F.group_norm(x.to(wide), 1, weight, bias, self.eps).to(x.dtype)


def masked_norm(
    x: Tensor, n_real: Tensor, weight: Tensor, bias: Tensor, eps: float, per_channel: bool = False
) -> Tensor:
    """Group norm of x (B, C, T) over the first `n_real` (B,) frames of each row; x is changed.

    One group, or one for each channel. Padding holds finite numbers, in what comes out too.
    Sums are float32 at least; of the squares around the mean, those of padding, all mean^2, are
    taken away again.
    """
    n_channels, n_frames = x.shape[1:]
    is_padding = torch.arange(n_frames, device=x.device) >= n_real[:, None, None]
    wide = x.masked_fill_(is_padding, 0).to(torch.promote_types(x.dtype, torch.float32))
    over = (2,) if per_channel else (1, 2)
    width = 1 if per_channel else n_channels
    n = n_real[:, None, None] * width

    mean = wide.sum(dim=over, keepdim=True) / n
    centered = wide - mean
    squares = torch.linalg.vector_norm(centered, dim=over, keepdim=True).square()
    of_padding = (n_frames * width - n) * mean.square()
    deviation = ((squares - of_padding).clamp(min=0) / n + eps).sqrt()
    scale = weight.to(wide.dtype)[None, :, None] / deviation
    return torch.addcmul(bias.to(wide.dtype)[None, :, None], centered, scale).to(x.dtype)


def through(layer: nn.Module, x: Tensor, n_real: Tensor | None) -> Tensor:
    """A layer whose norms know how many frames are real."""
    for module in layer.children():
        x = module(x, n_real) if isinstance(module, UtteranceNorm) else module(x)
    return x


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

    def forward(self, waveform: Tensor, lengths: Tensor | None = None) -> Tensor:
        """waveform: (B, S); lengths: (B,), of which samples are real -> z (B, 512, T)."""
        x = waveform.unsqueeze(1)
        for layer, (_, kernel, stride) in zip(self.conv_layers, EXTRACTOR_LAYERS, strict=True):
            lengths = None if lengths is None else (lengths - kernel) // stride + 1
            x = through(layer, x, lengths)
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

    def forward(self, z: Tensor, n_frames: Tensor | None = None) -> Tensor:
        """z: (B, 512, T); n_frames: (B,), of which frames are real -> c (B, 512, T)."""
        x = z
        for layer in self.conv_layers:
            x = (through(layer, x, n_frames) + x) * math.sqrt(RESIDUAL_SCALE)
        return x


def frames_of(lengths: Tensor) -> Tensor:
    """Frames of waveforms of so many samples."""
    return (lengths - RECEPTIVE_FIELD_SAMPLES) // HOP_SAMPLES + 1


class Wav2Vec(nn.Module):
    """The published encoder: 29.4 million parameters, one 512-vector per 10 ms."""

    def __init__(self) -> None:
        super().__init__()
        self.feature_extractor = FeatureExtractor()
        self.feature_aggregator = FeatureAggregator()

    def forward(self, waveform: Tensor, lengths: Tensor | None = None) -> Tensor:
        """waveform: (B, S), whole utterances -> c (B, T, 512).

        lengths: (B,) where rows are filled up: samples of each that are real, at least 465. Frames
        from `frames_of(lengths)` on mean nothing.
        """
        if waveform.dim() != 2 or waveform.shape[1] < RECEPTIVE_FIELD_SAMPLES:
            raise ValueError(
                f"waveform has shape {tuple(waveform.shape)}; expected (B, S) with at least "
                f"S={RECEPTIVE_FIELD_SAMPLES} samples (29 ms): leave shorter clips out"
            )
        local = self.feature_extractor(waveform, lengths)
        n_frames = None if lengths is None else frames_of(lengths)
        return self.feature_aggregator(local, n_frames).transpose(1, 2)
