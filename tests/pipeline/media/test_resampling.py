"""Samples at another rate, against torchaudio on the whole of them (its kernel in float32)."""

import numpy as np
import pytest
import torch
import torchaudio

from pipeline.media.resampling import BLOCK_S, WHOLE_S, Resampling


def noise(n):
    return np.random.default_rng(n).uniform(-1, 1, n).astype(np.float32)


def whole(samples, from_hz, to_hz):
    return torchaudio.functional.resample(torch.from_numpy(samples), from_hz, to_hz).numpy()


def given_in_pieces(resampling, samples, piece=4099):
    done = []
    for start in range(0, len(samples), piece):
        resampling.add(samples[start : start + piece])
        done += resampling.take()
    return np.concatenate([*done, resampling.finish()])


@pytest.mark.parametrize("from_hz", [8000, 16_000, 22_050, 44_100, 48_000])
def test_a_short_span_is_resampled_as_a_whole(from_hz):
    samples = noise(2 * from_hz)
    found = given_in_pieces(Resampling(from_hz, 16_000), samples)
    np.testing.assert_allclose(found, whole(samples, from_hz, 16_000), atol=1e-4)


def test_a_long_span_goes_in_blocks_and_is_the_same_but_for_rounding():
    samples = noise(1000 * (WHOLE_S + 3 * BLOCK_S) + 77)
    resampling = Resampling(1000, 1600)
    resampling.add(samples[: 1000 * (WHOLE_S + BLOCK_S)])
    early = sum(map(len, resampling.take()))
    assert early > 0  # memory does not grow with the span
    resampling.add(samples[1000 * (WHOLE_S + BLOCK_S) :])
    rest = np.concatenate([*resampling.take(), resampling.finish()])
    expected = whole(samples, 1000, 1600)
    assert early + len(rest) == len(expected)
    np.testing.assert_allclose(rest, expected[early:], atol=1e-4)


def test_what_is_not_finite_counts_as_silence():
    samples = np.array([np.nan, np.inf, -np.inf] * 100, np.float32)
    resampling = Resampling(16_000, 16_000)
    resampling.add(samples)
    assert resampling.is_zero
    assert not resampling.finish().any()
    resampling.add(noise(10))
    assert not resampling.is_zero


def test_a_rate_prime_to_ours_is_off_by_less_than_a_sample_in_ten_seconds():
    found = given_in_pieces(Resampling(44_101, 16_000), noise(44_101 * 10))
    assert abs(len(found) - 160_000) <= 1


def test_nothing_gives_nothing():
    assert Resampling(8000, 16_000).finish().shape == (0,)
