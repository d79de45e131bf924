"""Memory of crop_faces does not grow with the length of a video, which is decoded once."""

import pytest

from benchmarks.memory import FPS, LIMIT, LOOK_EVERY_S, compare


@pytest.mark.slow
def test_an_hour_takes_no_more_memory_than_two_minutes():
    lengths_s = (2 * 60, 60 * 60)
    cropped = compare(*lengths_s)
    for seconds, run in zip(lengths_s, cropped, strict=True):
        assert (run.n_opened, run.n_decoded) == (1, FPS * seconds)
        assert run.longest.n_frames == seconds // LOOK_EVERY_S
        assert run.longest.n_faces > 0.9 * run.longest.n_frames
    short, long = cropped
    for what in ("peak_mib", "decoding_mib"):
        peaks = getattr(short, what), getattr(long, what)
        print(f"{what}: {peaks[0]:.0f} and {peaks[1]:.0f}")
        assert peaks[1] < LIMIT * peaks[0]
