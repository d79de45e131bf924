"""Truth: every time of every span, written down one by one in exact fractions."""

from fractions import Fraction

from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.media.grid import Grid

MILLISECONDS = st.integers(0, 3000)


def times(start_ms, end_ms, fps):
    """In microseconds."""
    found, k = [], 0
    while (
        time := start_ms * 1000 + round(Fraction(k * 1_000_000) / Fraction(fps))
    ) < end_ms * 1000:
        found.append(time)
        k += 1
    return found


@given(
    spans=st.lists(st.tuples(MILLISECONDS, MILLISECONDS), max_size=4),
    fps=st.sampled_from([0.5, 5.0, 29.97, 30.0]),
    looks=st.lists(st.integers(0, 4_000_000), max_size=20),
)
@example(spans=[(0, 200)], fps=5.0, looks=[1, 300_000])  # a time where the span ends
def test_each_look_closes_what_lies_before_it(spans, fps, looks):
    grid = Grid([(start / 1000, end / 1000) for start, end in spans], fps)
    still_open = [times(start, end, fps) for start, end in spans]

    for until in sorted(looks):
        due = tuple(n for n, of_span in enumerate(still_open) if any(t < until for t in of_span))
        assert grid.take(until) == due
        still_open = [[t for t in of_span if t >= until] for of_span in still_open]
        assert grid.next_us == min((t for of_span in still_open for t in of_span), default=None)


def test_a_span_without_an_end_never_closes():
    grid = Grid([(0.0, float("inf"))], 1.0)
    assert [grid.take(hours * 3_600_000_000) for hours in (1, 2)] == [(0,), (0,)]
    assert grid.next_us == 7_200_000_000


def test_what_lies_before_the_first_frame_is_looked_at_in_that():
    grid = Grid([(0.0, 0.3), (0.0, 0.04)], 10.0)
    assert grid.begin(50_000) == (0, 1)
    assert grid.next_us == 100_000
    short = Grid([(0.0, 0.09)], 10.0)
    assert short.begin(50_000) == (0,)
    assert short.next_us == 50_000  # its one time; else it would have no picture
