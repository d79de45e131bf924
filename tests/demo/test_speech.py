from dataclasses import replace

import espeakng_loader
import numpy as np
import pytest

from demo.moods import PROSODY
from demo.speech import VOICES, SpeechError, Synthesizer, voice_of

TEXT = "We have to talk about this."
NEUTRAL = PROSODY["neu"]


def fundamental_hz(waveform, rate_hz):
    """Median over voiced pieces of the first strong peak of the autocorrelation."""
    found = []
    for piece in np.lib.stride_tricks.sliding_window_view(waveform.astype(float), 2048)[::1024]:
        if piece.std() > 1000:
            power = np.correlate(piece, piece, "full")[2047:]
            found.append(rate_hz / (50 + power[50:400].argmax()))
    return np.median(found)


def test_two_synthesizers_speak_alike_whatever_another_one_said_before():
    first = [Synthesizer().say(TEXT, "en-us+f2", NEUTRAL)]
    busy = Synthesizer()
    busy.say("Something else.", "en-us+m3", PROSODY["exc"])
    own = Synthesizer()
    first.append(own.say(TEXT, "en-us+f2", NEUTRAL))
    assert np.array_equal(first[0], first[1])


def test_a_sequence_of_phrases_repeats_itself():
    def speak():
        synthesizer = Synthesizer()
        return [synthesizer.say(TEXT, voice, NEUTRAL) for voice in VOICES["F"] for _ in range(2)]

    for first, again in zip(speak(), speak(), strict=True):
        assert np.array_equal(first, again)


@pytest.mark.parametrize("letter", ["F", "M"])
def test_every_session_has_a_voice_of_its_own(letter):
    synthesizer = Synthesizer()
    spoken = [synthesizer.say(TEXT, voice_of(letter, s), NEUTRAL).tobytes() for s in range(1, 6)]
    assert len(set(spoken)) == 5


def test_female_voices_are_higher():
    synthesizer = Synthesizer()
    high, low = (
        [
            fundamental_hz(synthesizer.say(TEXT, voice, NEUTRAL), synthesizer.sample_rate_hz)
            for voice in VOICES[letter]
        ]
        for letter in "FM"
    )
    assert min(high) > max(low)


def test_rate_pitch_and_volume_are_heard():
    synthesizer = Synthesizer()

    def say(**changes):
        return synthesizer.say(TEXT, "en-us+m3", replace(NEUTRAL, **changes))

    rate_hz = synthesizer.sample_rate_hz
    assert len(say(rate_wpm=200)) < 0.8 * len(say(rate_wpm=130))
    assert fundamental_hz(say(pitch=75), rate_hz) > 1.2 * fundamental_hz(say(pitch=30), rate_hz)
    assert say(volume=120).std() > 1.5 * say(volume=60).std()


def test_words_fill_the_waveform():
    synthesizer = Synthesizer()
    waveform = synthesizer.say(TEXT, "en-us+f2", NEUTRAL)
    assert waveform.dtype == np.int16
    assert abs(int(waveform[0])) > 100
    assert abs(int(waveform[-1])) > 100
    assert 1.0 < len(waveform) / synthesizer.sample_rate_hz < 3.0


def test_an_unknown_voice_is_refused_by_name():
    with pytest.raises(SpeechError, match="voice 'no-such-voice'"):
        Synthesizer().say(TEXT, "no-such-voice", NEUTRAL)


def test_text_without_a_sound_is_refused():
    with pytest.raises(SpeechError, match="gave no sound"):
        Synthesizer().say(" ", "en-us+f2", NEUTRAL)


def test_a_library_that_cannot_be_loaded_is_named(monkeypatch, tmp_path):
    broken = tmp_path / "libespeak-ng.so"
    broken.write_bytes(b"no library")
    monkeypatch.setattr(espeakng_loader, "get_library_path", lambda: str(broken))
    with pytest.raises(SpeechError, match=r"cannot be loaded .* TMPDIR"):
        Synthesizer()


def test_missing_voice_data_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(espeakng_loader, "get_data_path", lambda: str(tmp_path / "nothing"))
    with pytest.raises(SpeechError, match="nothing"):
        Synthesizer()
