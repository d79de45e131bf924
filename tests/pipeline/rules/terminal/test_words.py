"""Words of the terminal, by hand; the time left as the bar of progress writes it."""

import io

import pytest

from pipeline.base.progress import Progress
from pipeline.base.wording import duration
from pipeline.rules.terminal.words import WIDTH, clean, place, seconds_left, title


@pytest.mark.parametrize("seconds", [0, 7, 750, 3723, 360_000])
def test_the_time_left_is_read_as_it_is_written(seconds):
    assert seconds_left(f"train: 1/2 epochs, {duration(seconds)} left") == seconds


def test_a_line_of_progress_says_what_is_left_and_others_do_not():
    out = io.StringIO()
    now_s = 0.0
    with Progress(None, 100, what="train", unit="epochs", stream=out, clock=lambda: now_s) as bar:
        now_s = 10.0
        bar.advance(10)  # a tenth in ten seconds: ninety more
    assert seconds_left(out.getvalue().splitlines()[0]) == 90.0
    for line in ("", "12 left", "3:00", "a 1:2 left"):
        assert seconds_left(line) is None


def test_a_place_names_what_is_not_plain_and_leaves_out_what_is_the_same_for_all():
    run = {"task": "demo4", "method": "m", "fold": "3", "seed": "0", "mask_seed": "7000"}
    assert place(run) == "demo4 m fold3 seed0"
    assert title("predict", {"task": "t", "rate": "0.7"}) == "t rate 0.7: predict"
    assert title("report", {}) == "report"


def test_a_line_steers_no_terminal_and_is_cut():
    assert clean("  \x1b[2Jvideo\r.mp4\u202e\n") == "?[2Jvideo?.mp4?"
    long = clean("x" * (WIDTH + 1))
    assert (len(long), long[-4:]) == (WIDTH, "x...")
    assert clean("y" * WIDTH) == "y" * WIDTH
