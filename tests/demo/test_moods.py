from dataclasses import astuple

import pytest

from demo.moods import EXPRESSIONS, MOODS, PROSODY, Expression


def test_every_mood_has_a_voice_and_a_face():
    assert set(PROSODY) == set(EXPRESSIONS) == set(MOODS)


def test_expressions_add_and_scale_by_field():
    smile = Expression(corners_up=0.1, head_tilt_deg=2.0)
    two = Expression(corners_up=0.3, mouth_open=0.2)
    assert smile + two * 0.5 == Expression(
        corners_up=pytest.approx(0.25), head_tilt_deg=2.0, mouth_open=pytest.approx(0.1)
    )


def test_no_strength_is_a_resting_face():
    assert all(EXPRESSIONS[mood] * 0 == Expression() for mood in MOODS)
    assert EXPRESSIONS["neu"] == Expression()


def test_no_two_moods_share_a_voice_or_a_face():
    for table in (PROSODY, EXPRESSIONS):
        assert len({astuple(entry) for entry in table.values()}) == len(MOODS)
