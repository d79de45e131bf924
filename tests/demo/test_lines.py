from demo.lines import ANY_MOOD, LINES, NEAR
from demo.moods import MOODS


def test_every_mood_has_lines_of_its_own():
    assert set(LINES) == set(MOODS)
    assert all(len(lines) >= 12 for lines in LINES.values())


def test_no_line_stands_twice():
    every = [line for lines in (*LINES.values(), ANY_MOOD) for line in lines]
    assert len(every) == len(set(every))


def test_lines_are_short_sentences_in_plain_ascii():
    for line in [line for lines in (*LINES.values(), ANY_MOOD) for line in lines]:
        assert line.isascii()
        assert line[0].isupper()
        assert line[-1] in ".!?"
        assert 4 <= len(line.split()) <= 11


def test_no_line_has_a_colon_or_bracket_that_would_break_a_transcript():
    assert not any(set(":[]\t\n") & set(line) for lines in LINES.values() for line in lines)


def test_every_mood_borrows_from_another():
    assert set(NEAR) == set(MOODS)
    assert all(near != mood for mood, near in NEAR.items())
