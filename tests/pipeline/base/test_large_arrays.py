"""Large arrays lie in a file; pieces are all rows, in order, each of bounded size."""

import numpy as np
import pytest

from pipeline.base import large_arrays
from pipeline.base.large_arrays import pieces, room_for


@pytest.mark.parametrize(("n_rows", "n_columns"), [(0, 5), (1, 5), (1000, 7), (3, 10**9), (4, 0)])
def test_pieces_are_all_rows_once_and_in_order(n_rows, n_columns, monkeypatch):
    monkeypatch.setattr(large_arrays, "MAX_CELLS", 70)
    rows = np.arange(n_rows)
    cut = [rows[piece] for piece in pieces(n_rows, n_columns)]
    assert np.concatenate([*cut, []]).tolist() == rows.tolist()
    assert all(len(piece) == 1 or len(piece) * n_columns <= 70 for piece in cut)


def test_what_is_large_lies_in_a_file_that_ends_with_it(monkeypatch, tmp_path):
    monkeypatch.setattr(large_arrays, "MAX_BYTES", 47)
    monkeypatch.setattr(large_arrays.tempfile, "tempdir", str(tmp_path))
    small, large = room_for((11,), np.float32), room_for((2, 2, 3), np.float32)
    assert not isinstance(small, np.memmap)
    assert isinstance(large, np.memmap)
    large[:] = np.arange(12.0).reshape(2, 2, 3)
    assert large.sum() == 66
    assert list(tmp_path.iterdir()) == []  # no name: nothing is left after a kill
