"""Sound to another sample rate while it arrives: memory does not grow at the rate of the file.

A span of at most a minute is resampled whole. A longer one goes in blocks with as much of their
neighbors as the kernel reaches, which gives the same samples but for rounding.
"""

from fractions import Fraction
from functools import lru_cache

import numpy as np
import torch
from torchaudio.transforms import Resample

from pipeline.media.arrays import Waveform

# The kernel of a rate prime to 16000 would fill the memory. The rates in use are exact in such
# small terms; others are off by less than a sample in ten seconds.
MAX_RATIO_TERM = 1000
WHOLE_S, BLOCK_S = 60, 30
REACH = 8  # hops that the kernel reaches to either side: 6 zero crossings of a filter at 0.99


class Resampling:
    """One span on its way from `from_hz` to `to_hz`; samples that are not finite count as zero."""

    def __init__(self, from_hz: int, to_hz: int) -> None:
        self._ratio = Fraction(to_hz, from_hz).limit_denominator(MAX_RATIO_TERM)
        hops = max(1, BLOCK_S * from_hz // self._ratio.denominator)
        self._block = hops * self._ratio.denominator
        self._whole = WHOLE_S * from_hz + self._block
        self._waiting: list[Waveform] = []
        self._n_waiting = 0
        self._n_before = 0  # hops of what waits that are there for the kernel alone
        self._done: list[Waveform] = []
        self.is_zero = True

    def add(self, samples: Waveform) -> None:
        """Take the next samples."""
        if not np.isfinite(samples).all():
            samples = np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0)
        self.is_zero = self.is_zero and not samples.any()
        self._waiting.append(samples)
        self._n_waiting += len(samples)
        while self._n_waiting >= self._whole:
            self._advance()

    def take(self) -> list[Waveform]:
        """What is done so far; `finish` gives only what comes after it."""
        done, self._done = self._done, []
        return done

    def finish(self) -> Waveform:
        """The whole span at the new rate."""
        if self._n_waiting:
            first = self._n_before * self._ratio.numerator
            self._done.append(self._resample(np.concatenate(self._waiting))[first:])
            self._waiting, self._n_waiting = [], 0
        done = self._done or [np.zeros(0, np.float32)]
        return np.concatenate(done) if len(done) != 1 else done[0]

    def _advance(self) -> None:
        """Resample one block; the end of what it leaves behind stays for the next one."""
        samples = np.concatenate(self._waiting)
        hop, first = self._ratio.denominator, self._n_before * self._ratio.denominator
        end = first + self._block
        block = self._resample(samples[: end + REACH * hop])
        new = self._ratio.numerator
        self._done.append(block[first // hop * new : end // hop * new])
        rest = samples[end - REACH * hop :]
        self._waiting, self._n_waiting, self._n_before = [rest], len(rest), REACH

    def _resample(self, samples: Waveform) -> Waveform:
        with torch.inference_mode():
            result: Waveform = _kernel(self._ratio)(torch.from_numpy(samples)).numpy()
        return result


@lru_cache(maxsize=8)
def _kernel(ratio: Fraction) -> Resample:
    """Hann-windowed sinc interpolation; only the ratio of the rates counts."""
    return Resample(orig_freq=ratio.denominator, new_freq=ratio.numerator)
