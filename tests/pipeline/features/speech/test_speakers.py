"""Who speaks where a file beside the video names it, or nothing does."""

from pipeline.corpora.transcripts.rttm import with_speakers
from pipeline.corpora.turns import Turn
from pipeline.features.speech.speakers import tell_voices


def test_turns_without_a_voice_have_nobody():
    turns = [Turn(0, 1), Turn(2, 2.05)]
    assert tell_voices(turns, {}, None, True) == turns


def test_rttm_names_who_talks_most_in_a_turn():
    turns = [Turn(0, 2), Turn(2, 4, "kept"), Turn(9, 10)]
    spoken = [Turn(0, 0.5, "ann"), Turn(0.4, 3, "ben")]
    assert [turn.speaker for turn in with_speakers(turns, spoken)] == ["ben", "kept", ""]
