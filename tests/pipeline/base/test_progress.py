"""The progress helper counts, rates and says how long is left."""

import io

import pytest

from pipeline.base.progress import Progress, progress


class Clock:
    """A clock that the test moves."""

    def __init__(self):
        self.now_s = 0.0

    def __call__(self):
        return self.now_s


def watched(total, clock):
    log = io.StringIO()
    return log, Progress((), total, what="crop", unit="frames", stream=log, clock=clock)


def test_a_log_line_every_few_seconds_says_done_total_rate_and_time_left():
    clock = Clock()
    log, bar = watched(100, clock)
    for _ in range(20):
        clock.now_s += 1.0
        bar.advance()
    lines = log.getvalue().splitlines()
    assert len(lines) == 4
    assert lines[0] == "crop: 5/100 frames in 0:05, 1/s, 1:35 left"


def test_the_latest_note_ends_the_line():
    clock = Clock()
    log, bar = watched(3, clock)
    bar.advance(note="validation 0.5")
    clock.now_s += 10
    bar.advance(note="validation 0.6")
    assert log.getvalue() == "crop: 2/3 frames in 0:10, 0.2/s, 0:05 left; validation 0.6\n"


def test_a_long_unit_tells_how_far_it_is_every_few_seconds():
    clock = Clock()
    log, bar = watched(1, clock)
    for second in range(1, 12):
        clock.now_s += 1.0
        bar.say(f"{second} of 60 s of a.mp4")
    lines = log.getvalue().splitlines()
    assert lines == [f"crop: 0/1 frames in 0:{n:02d}, 0/s; {n} of 60 s of a.mp4" for n in (5, 10)]


def test_the_end_is_always_logged_and_an_empty_job_is_silent():
    log, bar = watched(2, Clock())
    with bar:
        bar.advance(2)
    assert log.getvalue().startswith("crop: 2/2 frames")
    log, bar = watched(0, Clock())
    with bar:
        pass
    assert log.getvalue() == ""


def test_nothing_done_yet_promises_no_time_left():
    log, bar = watched(7, Clock())
    bar.close()
    assert log.getvalue() == "crop: 0/7 frames in 0:00, 0/s\n"


def test_iterating_yields_every_unit_of_a_list_and_of_a_generator(capsys):
    assert list(progress([3, 1, 2], what="w", unit="u")) == [3, 1, 2]
    assert list(progress((n for n in range(4)), what="w", unit="u")) == [0, 1, 2, 3]
    assert "w: 4/4 u" in capsys.readouterr().err


def test_the_state_is_shown_when_the_block_ends_early(capsys):
    bar = progress(3, what="w", unit="u")
    with pytest.raises(ZeroDivisionError), bar:
        raise ZeroDivisionError
    assert "w: 0/3 u" in capsys.readouterr().err
