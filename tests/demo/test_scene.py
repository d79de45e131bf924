import itertools
from dataclasses import replace

import numpy as np
import pytest

from demo.scene import FRAME_RATE, N_OPENINGS, draw_frames, mouth_levels
from demo.timeline import perform


@pytest.fixture(scope="module")
def shown(default_script):
    """A dialogue of three turns, the second without a face, the third turned away; its frames."""
    base = default_script[0]
    first, second, third = base.turns[:3]
    turns = (
        replace(first, lack="none"),
        replace(second, lack="face", utterance_id=f"{second.utterance_id[:-1]}0"),
        replace(third, lack="face", utterance_id=f"{third.utterance_id[:-1]}1"),
    )
    performance = perform(replace(base, turns=turns), np.random.default_rng(0))
    return performance, [frame.copy() for frame in draw_frames(performance)]


def halves(frame):
    return {"left": frame[112:368, :360], "right": frame[112:368, 360:]}


def at(shown, place, share=0.5):
    """Frame at a share of a turn's span, and the sides of speaker and listener."""
    performance, frames = shown
    spoken = performance.spoken[place]
    frame = frames[round((spoken.start_s + share * (spoken.end_s - spoken.start_s)) * FRAME_RATE)]
    is_left = spoken.turn.speaker == performance.dialogue.marked
    speaker, listener = ("left", "right") if is_left else ("right", "left")
    return halves(frame)[speaker], halves(frame)[listener]


def test_there_are_as_many_frames_as_the_sound_is_long(shown):
    performance, frames = shown
    assert len(frames) == int(performance.duration_s * FRAME_RATE)
    assert frames[0].shape == (480, 720, 3)


def test_the_picture_is_letter_boxed(shown):
    for frame in shown[1]:
        assert not frame[:112].any()
        assert not frame[368:].any()
        assert frame[112:368].any()


def test_the_speaker_moves_more_than_the_listener(shown):
    moves = {"speaker": [], "listener": []}
    shares = np.linspace(0.2, 0.8, 30)
    for earlier, later in itertools.pairwise(shares):
        for who, before, after in zip(
            moves, at(shown, 0, earlier), at(shown, 0, later), strict=True
        ):
            lower = slice(150, 230)  # rows of the mouths; cheeks and background hardly move
            moves[who].append(np.abs(after[lower].astype(int) - before[lower]).mean())
    assert np.mean(moves["speaker"]) > 1.2 * np.mean(moves["listener"])


def test_a_lost_face_is_black_and_the_listener_stays(shown):
    speaker, listener = at(shown, 1)
    assert not speaker.any()
    assert listener.any()


def test_one_who_turned_away_shows_no_face_but_is_there(shown, detect):
    speaker, listener = at(shown, 2)
    confidences = detect(np.ascontiguousarray(speaker))[1]
    assert speaker.any()
    assert confidences[0] is None or max(confidences) < 0.5
    assert detect(np.ascontiguousarray(listener))[1][0] > 0.99


def test_both_faces_are_found_while_one_speaks(shown, detect):
    for half in at(shown, 0):
        assert detect(np.ascontiguousarray(half))[1][0] > 0.99


def test_the_mouth_opens_with_the_sound(performances):
    performance = performances[0]
    spoken = performance.spoken[0]
    first, end = (int(edge * FRAME_RATE) + 1 for edge in (spoken.start_s, spoken.end_s))
    levels = mouth_levels(spoken, performance.sample_rate_hz, first, end)
    assert len(levels) == end - first
    assert levels[0] == 0  # the pad before the words
    assert set(levels.tolist()) <= set(range(N_OPENINGS))
    assert levels.max() == N_OPENINGS - 1
    quiet = replace(spoken, waveform=np.zeros_like(spoken.waveform))
    assert not mouth_levels(quiet, performance.sample_rate_hz, first, end).any()


def test_a_burst_opens_the_mouth_when_it_sounds(performances):
    spoken, rate_hz = performances[0].spoken[0], performances[0].sample_rate_hz
    waveform = np.zeros(2 * rate_hz, np.int16)
    waveform[rate_hz : rate_hz + rate_hz // 5] = 9000  # 1.0 to 1.2 s of the words
    burst = replace(spoken, waveform=waveform, start_s=0.0, end_s=2.16)
    levels = mouth_levels(burst, rate_hz, 0, 64)
    open_s = np.flatnonzero(levels) / float(FRAME_RATE)
    assert open_s.min() == pytest.approx(1.08, abs=0.05)
    assert open_s.max() == pytest.approx(1.28, abs=0.05)
