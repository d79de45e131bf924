"""Truth: `Layout`, which looks at the batch, and the definition of a padded batch."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models.fast.fixed_layout import FixedLayout, FixedShape
from models.fast.layout import Layout

LENGTHS = st.lists(st.integers(1, 9), min_size=1, max_size=6)


def both(lengths, n_more=0, rows_more=0, steps_more=0):
    """The same dialogues, in the order of their lengths, in a layout of either kind."""
    sizes = sorted(lengths, reverse=True)
    valid = torch.arange(max(sizes)) < torch.tensor(sizes)[:, None]
    room = FixedShape(len(sizes) + n_more, max(sizes) + steps_more, sum(sizes) + rows_more)
    given = torch.tensor(sizes + [0] * n_more)
    is_full = not rows_more
    return Layout.of(valid), FixedLayout.in_room(given, room, is_full=is_full), sizes


@settings(deadline=None, max_examples=60)
@given(LENGTHS, st.integers(0, 3), st.integers(0, 5), st.integers(0, 3))
def test_padded_buckets_and_rows_are_each_others_image(lengths, n_more, rows_more, steps_more):
    _, fixed, sizes = both(lengths, n_more, rows_more, steps_more)
    n = sum(sizes)
    rows = torch.arange(1.0, 1 + len(fixed.cells)).unsqueeze(1)
    (padded,) = fixed.padded(rows)
    expected = torch.zeros(len(sizes) + n_more, max(sizes) + steps_more, 1)
    starts = [sum(sizes[:k]) for k in range(len(sizes))]
    for k, (start, size) in enumerate(zip(starts, sizes, strict=True)):
        expected[k, :size] = rows[start : start + size]
    assert torch.equal(padded, expected.transpose(0, 1))

    fill = expected.clone().masked_fill(expected == 0, -1.0)
    assert torch.equal(fixed.grid(rows[None], fill=-1.0), fill)
    assert torch.equal(fixed.ungrid(expected)[0], fixed.joined([padded]))

    back = fixed.joined([padded])
    assert torch.equal(back[:n], rows[:n])
    assert not back[n:].any()
    assert fixed.valid.tolist() == [True] * n + [False] * rows_more
    assert fixed.steps[:n].tolist() == [step for size in sizes for step in range(size)]
    keys = fixed.buckets[0].key_bias[:, 0, 0] == 0
    assert torch.equal(keys[: len(sizes)], expected[: len(sizes), :, 0] > 0)
    assert keys[len(sizes) :].all()  # a softmax needs one key


@settings(deadline=None, max_examples=60)
@given(LENGTHS, st.integers(0, 3), st.integers(0, 5), st.integers(1, 4))
def test_windows_see_what_they_see_in_a_layout_that_looks(lengths, n_more, rows_more, gap):
    looked, fixed, sizes = both(lengths, n_more, rows_more)
    n = sum(sizes)
    rows = torch.randn(len(fixed.cells), 2, dtype=torch.float64)

    def windows(layout, values):
        line = layout.to_line(values, gap, fill=-7.0)
        return layout.from_line(line.unfold(0, 2 * gap + 1, 1).sum(dim=2), gap)

    torch.testing.assert_close(windows(fixed, rows)[:n], windows(looked, rows[:n]))
    torch.testing.assert_close(fixed.n_in_window[:n], looked.n_in_window)


def test_what_is_shared_is_made_before_and_nothing_after_it():
    """Branches run at once: one may not read what another is still making."""
    fixed = both([4, 2, 1], rows_more=2)[1]
    alone = both([4, 2, 1], rows_more=2)[1]
    fixed.share([3])
    rows = torch.randn(len(fixed.cells), 2)
    assert fixed._line_places(3) is fixed._line_places(3)
    assert fixed._line_places(2) is not fixed._line_places(2)
    assert "n_in_window" in vars(fixed)
    for gap in (1, 2, 3):
        assert torch.equal(fixed.to_line(rows, gap), alone.to_line(rows, gap))


@pytest.mark.parametrize("rows_more", [0, 3])
def test_gradients_are_those_of_the_moves(rows_more):
    _, fixed, sizes = both([4, 2, 1], n_more=1, rows_more=rows_more)
    rows = torch.randn(len(fixed.cells), 2, dtype=torch.float64, requires_grad=True)
    real = fixed.valid.unsqueeze(1)

    def moved(values):
        padded = fixed.joined([part.cos() for part in fixed.padded(values)])
        line = fixed.to_line(values, 2)
        return (padded + fixed.from_line(line[2:-2].sin(), 2)) * real

    assert torch.autograd.gradcheck(moved, (rows,))
    moved(rows).square().sum().backward()
    assert not rows.grad[sum(sizes) :].any()


def test_a_mirror_turns_each_dialogue_around():
    fixed = FixedLayout.in_room(torch.tensor([3, 0, 2]), FixedShape(3, 4, 7), is_full=False)
    rows = torch.tensor([1.0, 2, 3, 10, 20, 0, 0])
    assert fixed.mirrored(rows).tolist() == [3, 2, 1, 20, 10, 0, 0]
    assert torch.equal(fixed.mirrored(fixed.mirrored(rows)), rows)
