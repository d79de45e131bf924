"""Jumps land on a key frame before what is looked at, in files that list theirs."""

import numpy as np
import pytest

from pipeline.media.container import best_stream, open_media
from pipeline.media.grid import SECOND
from pipeline.media.skipping import SEEK_AHEAD, Skip
from tests.pipeline import clips

GOAL_S = 40


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """A minute at two pictures a second, a key frame every five seconds."""

    def write(name):
        pictures = [np.full((32, 32, 3), number, np.uint8) for number in range(120)]
        times_s = [number / 2 for number in range(120)]
        path = tmp_path_factory.mktemp("clip") / name
        clips.write_video(path, pictures, times_s, rate=2, encoder_options={"g": "10"})
        return path

    return write


def decoded_s(container, stream):
    """Where the next picture stands."""
    return float(next(container.decode(stream)).time)


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
def test_a_long_way_is_jumped_where_key_frames_are_listed(clip, name):
    with open_media(clip(name)) as container:
        stream = best_stream(container, "video")
        skip = Skip(container, stream)
        skip.go(0, GOAL_S * SECOND)
        landed_s = decoded_s(container, stream)
        if name == "a.mkv":
            assert landed_s == 0  # it promises less, so nothing was jumped
            return
        assert GOAL_S - 10 <= landed_s < GOAL_S
        assert not skip.has_missed(round(landed_s * SECOND))


def test_a_short_way_and_one_without_a_key_frame_are_decoded(clip):
    with open_media(clip("a.mp4")) as container:
        stream = best_stream(container, "video")
        skip = Skip(container, stream)
        skip.go(0, SEEK_AHEAD)
        skip.go(38 * SECOND, GOAL_S * SECOND)
        assert decoded_s(container, stream) == 0


def test_a_jump_that_lands_behind_its_goal_is_missed_once_and_given_up(clip):
    with open_media(clip("a.mp4")) as container:
        stream = best_stream(container, "video")
        skip = Skip(container, stream)
        skip.go(0, GOAL_S * SECOND)
        assert skip.has_missed((GOAL_S + 1) * SECOND)
        assert not skip.has_missed((GOAL_S + 1) * SECOND)
        skip.give_up()
        assert decoded_s(container, stream) == 0
        skip.go(0, GOAL_S * SECOND)
        assert decoded_s(container, stream) == 0.5  # it jumps no more
