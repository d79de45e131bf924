"""Memory of crop_faces does not grow with the length of a video, which is decoded once."""

import pytest

from benchmarks.memory import FPS, LIMIT, LOOK_EVERY_S, compare


@pytest.mark.slow
def test_an_hour_takes_no_more_memory_than_two_minutes():
    lengths_s = (2 * 60, 60 * 60)
    cropped = compare(*lengths_s)
    for seconds, one in zip(lengths_s, cropped, strict=True):
        assert (one.n_opened, one.n_decoded) == (1, FPS * seconds)
        assert one.longest.n_frames == seconds // LOOK_EVERY_S
        assert one.longest.n_faces > 0.9 * one.longest.n_frames
    short, long = cropped
    print(f"peak memory: {short.peak_mib:.0f} and {long.peak_mib:.0f} MiB")
    assert long.peak_mib < LIMIT * short.peak_mib
