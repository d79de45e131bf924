"""When words are believed: the mean log-probability of all tokens within 30 s decides."""

import numpy as np
import pytest

from pipeline.corpora.turns import Turn
from pipeline.features.speech.moonshine import read_tokens
from pipeline.features.speech.words import Words, without_loop, written


def test_one_unsure_turn_among_sure_ones_keeps_its_words():
    turns = [Turn(0, 2), Turn(3, 5)]
    # (10 * -0.3 + 2 * -1.2) / 12 = -0.45
    found = written(turns, [Words("I see.", -0.3, 10), Words("Hm.", -1.2, 2)], -0.65)
    assert [turn.text for turn in found] == ["I see.", "Hm."]
    assert found[0].text_confidence == pytest.approx(np.exp(-0.3), abs=5e-4)


def test_another_language_has_no_words_and_says_why():
    (turn,) = written([Turn(0, 2)], [Words("Floating water.", -1.2, 9)], -0.65)
    assert turn.text == ""
    assert turn.remark.startswith("no_text: not English")
    assert "-1.20, limit -0.65" in turn.remark


def test_languages_half_a_minute_apart_do_not_mix():
    turns = [Turn(0, 2), Turn(31, 33)]
    found = written(turns, [Words("yes", -0.2, 5), Words("invented", -1.5, 50)], -0.65)
    assert [turn.text for turn in found] == ["yes", ""]


def test_nothing_heard_is_no_text():
    (turn,) = written([Turn(0, 0.3)], [Words("", None, 0)], -0.65)
    assert turn.remark == "no_text: no word was heard"


@pytest.mark.parametrize(
    ("tokens", "kept"),
    [
        ([5, 6, 7, 8], 4),
        ([5, 6, 6], 3),  # twice is said often enough: very very
        ([5, 6, 6, 6, 6], 2),
        ([1, 2, 3, 1, 2, 3, 1, 2, 3, 4], 3),
        ([], 0),
    ],
)
def test_what_is_said_for_the_third_time_in_a_row_is_an_echo(tokens, kept):
    assert without_loop(tokens) == kept


def test_tokens_have_lengths_of_one_or_two_bytes(tmp_path):
    file = tmp_path / "tokenizer.bin"
    file.write_bytes(b"\x02ab\x00\x01c" + bytes([128 + 72, 1]) + b"x" * 200)  # 72 + 128 = 200
    assert read_tokens(file) == [b"ab", b"", b"c", b"x" * 200]
