"""Decoded sound of any format to one channel: float32, full scale is [-1, 1]."""

from typing import Any

import av
import numpy as np
from av.audio.frame import AudioFrame, format_dtypes
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

from pipeline.media.errors import UnreadableError

Waveform = NDArray[np.float32]  # (samples,)

MAX_PLANES = 7  # PyAV miscounts the planes of more channels, and would read beyond them
# Full scale and level of silence of integer samples; others are in [-1, 1] already.
INTEGER_SCALES = {"u8": (128, 128), "s16": (2**15, 0), "s32": (2**31, 0)}


def mono(frame: AudioFrame) -> Waveform:
    """(samples,): the mean of all channels."""
    n_channels = frame.layout.nb_channels
    if frame.format.name not in format_dtypes:
        raise UnreadableError(f"samples in the format {frame.format.name}")
    if frame.format.is_planar and n_channels > MAX_PLANES:
        frame = _interleaved(frame)
    samples: NDArray[Any] = frame.to_ndarray()  # (channels, samples), or one row interleaved
    if not frame.format.is_planar:
        samples = samples.reshape(-1, n_channels).T
    full, zero = INTEGER_SCALES.get(frame.format.name.removesuffix("p"), (1, 0))
    total = np.add.reduce(samples, axis=0, dtype=np.float64)
    mixed: Waveform = ((total - zero * n_channels) / (full * n_channels)).astype(np.float32)
    return mixed


def _interleaved(frame: AudioFrame) -> AudioFrame:
    """The same samples in one plane, by FFmpeg."""
    try:
        (interleaved,) = AudioResampler(format="flt").resample(frame)
    except (av.error.FFmpegError, ValueError) as error:
        raise UnreadableError(f"{frame.layout.nb_channels} channels: {error}") from error
    return interleaved
