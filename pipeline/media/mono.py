"""Decoded sound of any format to one channel: float32, full scale is [-1, 1]; its loudness."""

from typing import Any

import av
import numpy as np
from av.audio.frame import AudioFrame, format_dtypes
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

from pipeline.media.arrays import Waveform
from pipeline.media.errors import UnreadableError

MAX_PLANES = 7  # PyAV miscounts the planes of more channels, and would read beyond them
JUDGED_HZ = 4000  # rate at which channels are compared
# Full scale and level of silence of integer samples; others are in [-1, 1] already.
INTEGER_SCALES = {"u8": (128, 128), "s16": (2**15, 0), "s32": (2**31, 0)}


def mono(frame: AudioFrame, channel: int | None = None) -> Waveform:
    """(samples,): the mean of all channels, or one of them."""
    samples, full, zero = _channels(frame)
    if channel is not None and channel < len(samples):
        samples = samples[channel : channel + 1]
    total = np.add.reduce(samples, axis=0, dtype=np.float64)
    n = len(samples)
    mixed: Waveform = ((total - zero * n) / (full * n)).astype(np.float32)
    return mixed


def powers(frame: AudioFrame) -> NDArray[np.float64] | None:
    """(1 + channels,): sums of squares of the mean and of each channel; None for one channel.

    Of what lies below some 2 kHz: encoders (AAC, Opus) keep high tones of two channels as one, so
    that those of an inverted channel do not cancel, and nobody would hear the voice.
    """
    if frame.layout.nb_channels < 2:
        return None
    samples, full, zero = _channels(frame)
    level = (np.nan_to_num(samples, posinf=0, neginf=0).astype(np.float64) - zero) / full
    level = _low(level, max(1, round(frame.sample_rate / JUDGED_HZ)))
    mean = level.mean(axis=0, keepdims=True)
    found: NDArray[np.float64] = np.concatenate([(mean**2).sum(axis=1), (level**2).sum(axis=1)])
    return found


def _low(level: NDArray[np.float64], n_averaged: int) -> NDArray[np.float64]:
    """(channels, samples) -> means of so many samples each: what is high is left out."""
    n_blocks = level.shape[1] // n_averaged
    if n_averaged == 1 or not n_blocks:
        return level
    blocks = level[:, : n_blocks * n_averaged].reshape(len(level), n_blocks, n_averaged)
    means: NDArray[np.float64] = blocks.mean(axis=2)
    return means


def _channels(frame: AudioFrame) -> tuple[NDArray[Any], int, int]:
    """(channels, samples) as they are stored, their full scale and their level of silence."""
    n_channels = frame.layout.nb_channels
    if frame.format.name not in format_dtypes:
        raise UnreadableError(f"samples in the format {frame.format.name}")
    if frame.format.is_planar and n_channels > MAX_PLANES:
        frame = _interleaved(frame)
    samples: NDArray[Any] = frame.to_ndarray()  # (channels, samples), or one row interleaved
    if not frame.format.is_planar:
        samples = samples.reshape(-1, n_channels).T
    full, zero = INTEGER_SCALES.get(frame.format.name.removesuffix("p"), (1, 0))
    return samples, full, zero


def _interleaved(frame: AudioFrame) -> AudioFrame:
    """The same samples in one plane, by FFmpeg."""
    try:
        (interleaved,) = AudioResampler(format="flt").resample(frame)
    except (av.error.FFmpegError, ValueError) as error:
        raise UnreadableError(f"{frame.layout.nb_channels} channels: {error}") from error
    return interleaved
