"""Long waveforms in pieces that give every frame of the whole exactly once.

A convolutional encoder makes frame t from samples [t * hop, t * hop + field). Neighboring pieces
overlap by field - hop samples, so that no frame is lost at a cut and none is counted twice; only
what looks further than a frame (attention, normalization over time) ends at the cut.
"""

from dataclasses import dataclass
from itertools import pairwise

from pipeline.base.errors import SettingsError
from pipeline.media.arrays import Waveform

# Kernels and strides of Moonshine's convolutions, which its configuration leaves out.
MOONSHINE = ([127, 7, 3], [64, 3, 2])


@dataclass(frozen=True)
class Framing:
    """How an encoder cuts samples into frames, and the longest piece that it reads at once."""

    field: int  # samples that make one frame
    hop: int  # samples from frame to frame
    max_samples: int

    def __post_init__(self) -> None:
        if self.max_samples < self.field:
            raise SettingsError(
                f"features.audio.max_seconds gives pieces of {self.max_samples} samples; one "
                f"frame of this encoder needs {self.field}"
            )

    def n_frames(self, n_samples: int) -> int:
        """Frames of a waveform; 0 where it is too short for one."""
        return max(0, (n_samples - self.field) // self.hop + 1)

    def pieces(self, waveform: Waveform) -> list[Waveform]:
        """The waveform itself, or where it is too long, equal pieces with all of its frames."""
        if len(waveform) <= self.max_samples:
            return [waveform]
        n_frames = self.n_frames(len(waveform))
        n_pieces = -(-n_frames // self.n_frames(self.max_samples))
        bounds = [n_frames * k // n_pieces for k in range(n_pieces + 1)]
        return [
            waveform[first * self.hop : (end - 1) * self.hop + self.field]
            for first, end in pairwise(bounds)
        ]


def framing_of(
    kernels: list[int], strides: list[int], max_seconds: float, sample_rate_hz: int
) -> Framing:
    """The framing of a stack of convolutions without padding."""
    field, hop = 1, 1
    for kernel, stride in zip(kernels, strides, strict=True):
        field += (kernel - 1) * hop
        hop *= stride
    return Framing(field, hop, int(max_seconds * sample_rate_hz))
