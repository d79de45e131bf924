"""Speech models of transformers on rows that are filled up: what they make of sound is unchanged.

The models hide padding from attention, and set it to zero before the convolution that tells
positions; what else would see it is changed here. Group norm, of the first convolution, takes its
statistics over the real frames of each row alone; where several convolutions tell positions
(data2vec), padding becomes zero before each of them, as the edge of an unpadded row is.
Moonshine's one group norm counts real frames too, and its mask names them.
"""

from typing import Any

import torch
from torch import Tensor, nn

from models.encoders.wav2vec import masked_norm
from pipeline.features.encoders.pieces import MOONSHINE, Framing
from pipeline.features.weights.pretrained import sum_last


class MaskedSpeech:
    """Calls a model with waveforms of several lengths; from one thread."""

    def __init__(self, model: Any, framing: Framing, last_layers: int, dtype: Any) -> None:
        self._model, self._framing, self._dtype = model, framing, dtype
        self._last_layers = last_layers
        self._lengths: Tensor | None = None  # of the rows that are being read, in samples
        self._real_frames: Any = getattr(model, "_get_feature_vector_attention_mask", None)
        if self._real_frames is not None:
            model._get_feature_vector_attention_mask = self._frames_mask
        self._mind_norms()
        self._mind_positions()

    def __call__(self, waveforms: Tensor, lengths: Tensor) -> Tensor:
        """(R, S), (R,) samples that are real -> (R, T, D), the sum of the last layers."""
        is_real = torch.arange(waveforms.shape[1], device=waveforms.device) < self._seen(lengths)
        self._lengths = lengths
        try:
            found = self._model(
                waveforms.to(dtype=self._dtype),
                attention_mask=is_real.long(),
                output_hidden_states=True,
            )
        finally:
            self._lengths = None
        return sum_last(found.hidden_states, self._last_layers)

    def _seen(self, lengths: Tensor) -> Tensor:
        """(R, 1): samples that the mask of the model shows, from which it tells real frames."""
        return lengths[:, None]

    def _frames_mask(self, n_frames: int, mask: Tensor, *more: Any, **others: Any) -> Tensor:
        """(R, T) bool, True where a frame is real: the model's own waits for the card."""
        if self._lengths is None:
            found: Tensor = self._real_frames(n_frames, mask, *more, **others)
            return found
        n_real = (self._lengths - self._framing.field) // self._framing.hop + 1
        return torch.arange(n_frames, device=n_real.device) < n_real[:, None]

    def _mind_norms(self) -> None:
        """Group norms of the first convolutions count real frames."""
        kernels, strides = self._model.config.conv_kernel, self._model.config.conv_stride
        layers = getattr(getattr(self._model, "feature_extractor", None), "conv_layers", ())
        for number, layer in enumerate(layers):
            norm = getattr(layer, "layer_norm", None)
            if isinstance(norm, nn.GroupNorm) and norm.num_groups == norm.num_channels:
                steps = list(zip(kernels, strides, strict=True))[: number + 1]
                layer.layer_norm = _RealFramesNorm(norm, self, steps, per_channel=True)

    def _mind_positions(self) -> None:
        """Where several convolutions follow each other, each finds zeros behind the end."""
        encoder = getattr(self._model, "encoder", None)
        layers = getattr(getattr(encoder, "pos_conv_embed", None), "layers", ())
        for layer in layers:
            layer.register_forward_pre_hook(self._without_padding)

    def _without_padding(self, _: nn.Module, given: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """(R, C, T) with zeros where there is padding."""
        if self._lengths is None:
            return given
        x, *rest = given
        n_frames = (self._lengths - self._framing.field) // self._framing.hop + 1
        is_padding = torch.arange(x.shape[2], device=x.device) >= n_frames[:, None, None]
        return (x.masked_fill(is_padding, 0), *rest)

    def real_frames(self, steps: list[tuple[int, int]]) -> Tensor | None:
        """(R,): how many frames the rows have after these convolutions; None: all are real."""
        if (n := self._lengths) is None:
            return None
        for kernel, stride in steps:
            n = (n - kernel) // stride + 1
        return n


class MaskedMoonshine(MaskedSpeech):
    """The encoder half of Moonshine, whose mask is that of every `hop`-th sample."""

    def _seen(self, lengths: Tensor) -> Tensor:
        """So that it shows as many frames as are whole."""
        n_frames = (lengths[:, None] - self._framing.field) // self._framing.hop + 1
        return n_frames * self._framing.hop

    def _mind_norms(self) -> None:
        """The norm of all channels behind the first convolution."""
        kernels, strides = MOONSHINE
        first = [(kernels[0], strides[0])]
        norm = self._model.groupnorm
        self._model.groupnorm = _RealFramesNorm(norm, self, first, per_channel=False)


class _RealFramesNorm(nn.Module):
    """One norm for all channels, or for each, over the real frames of a row."""

    def __init__(
        self,
        norm: nn.GroupNorm,
        rows: MaskedSpeech,
        steps: list[tuple[int, int]],
        *,
        per_channel: bool,
    ) -> None:
        super().__init__()
        self._norm, self._rows, self._steps = norm, rows, steps
        self._per_channel = per_channel

    def forward(self, x: Tensor) -> Tensor:
        """(R, C, T) -> the same shape."""
        n_real = self._rows.real_frames(self._steps)
        if n_real is None:
            found: Tensor = self._norm(x)
            return found
        norm = self._norm
        return masked_norm(x, n_real, norm.weight, norm.bias, norm.eps, self._per_channel)
