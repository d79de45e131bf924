"""Long spans that overlap are cut in several passes, with the same samples; too long ones never."""

import math

import numpy as np
import pytest

from pipeline.media import cutting
from pipeline.media.audio import read_sounds
from pipeline.media.cutting import cut_sound
from pipeline.media.damage import Damage
from pipeline.media.passes import in_passes
from tests.pipeline.media.sounds import RATE_HZ, noise

INF = math.inf


@pytest.fixture
def ten_seconds(make_sound):
    return make_sound("ten.wav", noise(10 * RATE_HZ))


@pytest.mark.parametrize(
    ("spans", "passes"),
    [
        ([(0, INF)], [[0]]),  # one alone, however long
        ([(0, 2), (1, 3), (2, 4)], [[0, 1, 2]]),  # 6 s in all
        ([(5, 10), (0, 5)], [[1, 0]]),  # 10 s, but one after the other
        ([(0, 5), (1, 6), (2, 7)], [[0], [1], [2]]),
        ([(0, 3), (1, 4), (2, 5), (5, 9)], [[0, 1, 3], [2]]),
        ([(8, INF), (7, INF), (6, INF)], [[2, 0], [1]]),  # 4, 3 and 2 s: the file has 10
        ([(0, 1), (0, INF), (20, 21)], [[0, 2], [1]]),
    ],
)
def test_no_more_waits_at_once_than_may(ten_seconds, spans, passes):
    assert in_passes(ten_seconds, spans, 6.0) == passes


def test_samples_are_the_same_in_any_number_of_passes(ten_seconds, monkeypatch):
    spans = [(0.0, INF), (2.0, INF), (9.0, 9.5), (2.5, INF), (1.0, 3.0)]

    def sounds():
        found = dict(read_sounds(lambda *given: cut_sound(ten_seconds, *given), spans, RATE_HZ))
        return [found[index] for index in range(len(spans))]

    in_one = sounds()
    monkeypatch.setattr(cutting, "MAX_SPAN_S", 10)
    assert len(in_passes(ten_seconds, spans, 10)) == 3
    for sound, other in zip(in_one, sounds(), strict=True):
        assert np.array_equal(sound.waveform, other.waveform)
        assert (sound.asked_s, sound.found_s, sound.remark) == (other.asked_s, other.found_s, "")


def test_a_span_that_the_header_calls_too_long_is_not_decoded(ten_seconds, monkeypatch):
    monkeypatch.setattr(cutting, "MAX_SPAN_S", 6)
    pieces = list(cut_sound(ten_seconds, [(0.0, INF), (4.5, INF), (0.0, 9.0)]))
    ends = {piece.index: piece.end for piece in pieces if piece.end is not None}
    assert sum(len(piece.samples) for piece in pieces) == 5.5 * RATE_HZ
    for index in (0, 2):
        assert ends[index].found_s == 0
        assert "longer than the 0.00166667 hours" in ends[index].refusal
    assert (ends[1].found_s, ends[1].refusal) == (5.5, "")


def test_damage_is_counted_once(make_sound, monkeypatch):
    wave = noise(10 * RATE_HZ)[0].astype(np.float32) / 2**15
    path = make_sound("damaged.mp4", wave, codec="aac", sample_format="fltp")
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 3000] = np.random.default_rng(1).bytes(3000)
    path.write_bytes(content)
    counts = []
    for most_s in (60, 10):
        monkeypatch.setattr(cutting, "MAX_SPAN_S", most_s)
        damage = Damage()
        list(cut_sound(path, [(0.0, INF), (0.0, 9.9)], None, damage))
        counts.append(damage.n_errors)
    assert counts[0] == counts[1] > 0
