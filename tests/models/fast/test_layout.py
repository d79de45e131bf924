import itertools
from unittest import mock

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models.fast.layout import Layout, _split

LENGTHS = st.lists(st.integers(0, 12), min_size=1, max_size=9).filter(any)


def valid_of(lengths, n_extra=0):
    return torch.arange(max(lengths) + n_extra) < torch.tensor(lengths)[:, None]


@settings(deadline=None, max_examples=60)
@given(LENGTHS, st.integers(0, 3), st.booleans())
def test_rows_come_back_to_their_cells(lengths, n_extra, is_padded):
    valid = valid_of(lengths, n_extra)
    layout = Layout.of(valid, is_padded=is_padded)
    padded = torch.randn(*valid.shape, 2)
    back = layout.unpack(layout.pack(padded))
    expected = padded if is_padded else padded * valid[..., None]
    torch.testing.assert_close(back, expected, rtol=0, atol=0)


@settings(deadline=None, max_examples=60)
@given(LENGTHS, st.sampled_from([0, 120]))
def test_buckets_hold_each_row_once_and_tell_keys_from_padding(lengths, cost):
    with mock.patch("models.fast.layout.BUCKET_COST", cost):
        layout = Layout.of(valid_of(lengths))
    rows = torch.arange(1.0, 1 + len(layout.cells))
    seen = []
    for bucket, padded in zip(layout.buckets, layout.padded(rows), strict=True):
        seen.append(bucket.unpad(padded))
        bias = bucket.key_bias
        keys = (
            torch.ones(bucket.n_dialogues, bucket.n_steps) if bias is None else bias[:, 0, 0] == 0
        )
        assert torch.equal(keys.t() == 1, padded > 0)
        assert padded.shape == (bucket.n_steps, bucket.n_dialogues)
    assert torch.equal(torch.cat(seen), rows)


def test_published_layout_keeps_padding_as_rows_and_hides_it_from_attention_only():
    valid = valid_of([3, 1])
    layout = Layout.of(valid, is_padded=True)
    (bucket,) = layout.buckets
    assert len(layout.cells) == 6
    assert torch.equal(layout.valid, valid.flatten())
    assert torch.equal(bucket.key_bias[:, 0, 0] == 0, valid)


@settings(deadline=None, max_examples=40)
@given(LENGTHS, st.integers(1, 4))
def test_windows_on_a_line_see_one_dialogue(lengths, gap):
    layout = Layout.of(valid_of(lengths))
    owner = torch.arange(1.0, 1 + len(lengths))[:, None].expand(-1, max(lengths))
    rows = layout.pack(owner)
    windows = layout.to_line(rows, gap).unfold(0, 2 * gap + 1, 1)
    own = layout.from_line(windows, gap)
    assert torch.equal(own[:, gap], rows)
    assert bool(((own == rows[:, None]) | (own == 0)).all())


def test_neighbors_are_counted_at_the_ends_of_dialogues():
    layout = Layout.of(valid_of([1, 2, 4]))
    counts = layout.unpack(layout.n_in_window)[..., 0]
    assert counts.tolist() == [[1, 0, 0, 0], [2, 2, 0, 0], [2, 3, 3, 2]]


def test_maps_of_all_buckets_come_back_padded():
    lengths = [2, 5, 1, 5]
    layout = Layout.of(valid_of(lengths))
    names = layout.pack(torch.arange(1.0, 21.0).view(4, 5))
    maps = [
        (padded.t()[:, :, None] * padded.t()[:, None, :])[:, None]
        for padded in layout.padded(names)
    ]
    padded = torch.arange(1.0, 21.0).view(4, 5) * valid_of(lengths)
    expected = padded[:, None, :, None] * padded[:, None, None, :]
    torch.testing.assert_close(layout.unpack_maps(maps), expected)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(1, 9), min_size=1, max_size=7), st.integers(0, 20))
def test_buckets_waste_as_little_as_any_other_cut(lengths, cost):
    sizes = sorted(lengths, reverse=True)

    def waste(ends):
        starts = [0, *ends[:-1]]
        return sum(cost + sizes[a] * (b - a) for a, b in zip(starts, ends, strict=True))

    inner = range(1, len(sizes))
    cuts = [c for n in range(len(sizes)) for c in itertools.combinations(inner, n)]
    assert waste(_split(sizes, cost)) == min(waste([*cut, len(sizes)]) for cut in cuts)


def test_padding_before_an_utterance_is_refused():
    with pytest.raises(ValueError, match="padding must come last"):
        Layout.of(torch.tensor([[False, True]]))


@pytest.mark.parametrize("is_padded", [False, True])
def test_a_batch_without_utterances_is_refused(is_padded):
    with pytest.raises(ValueError, match="2 dialogues holds no valid"):
        Layout.of(torch.zeros(2, 3, dtype=torch.bool), is_padded=is_padded)


def test_the_drawing_of_the_docstring(monkeypatch):
    """Four dialogues a, b, c, d; a row is named by its letter and number."""
    monkeypatch.setattr("models.fast.layout.BUCKET_COST", 3)
    names = torch.tensor([[10 * d + t for t in range(5)] for d in range(4)])
    drawn = Layout.of(torch.arange(5) < torch.tensor([2, 5, 4, 1])[:, None])
    rows = drawn.pack(names)
    assert rows.tolist() == [10, 11, 12, 13, 14, 20, 21, 22, 23, 0, 1, 30]
    assert (drawn.lengths, drawn.dialogues) == ((5, 4, 2, 1), (1, 2, 0, 3))
    first, second = drawn.padded(rows + 1)  # padding is 0
    assert first.tolist() == [[11, 21], [12, 22], [13, 23], [14, 24], [15, 0]]
    assert second.tolist() == [[1, 31], [2, 0]]
    line = drawn.to_line(rows + 1, gap=1)
    assert line.tolist() == [0, 11, 12, 13, 14, 15, 0, 21, 22, 23, 24, 0, 1, 2, 0, 31, 0]
