"""Arrays of more numbers than memory should hold: in a file of the system, and worked on in pieces.

The outputs of a run are (conditions, utterances, classes): 3 GB at 8, 100,000 and 1,000. What is
asked of them is asked row by row, so that only a piece has to be there in double precision.
"""

import tempfile
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

MAX_CELLS = 4_000_000  # numbers of a piece: 32 MB in double precision
MAX_BYTES = 256_000_000  # of an array that is kept in memory


def pieces(n_rows: int, n_columns: int) -> Iterator[slice]:
    """Stretches of rows, of at most `MAX_CELLS` numbers each; one for what is small."""
    step = max(1, MAX_CELLS // max(1, n_columns))
    for start in range(0, n_rows, step):
        yield slice(start, start + step)


def room_for(shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
    """An array to be filled: in memory, or in a file without a name that ends with the array.

    The system keeps of a file what memory has room for. It lies where `TMPDIR` says.
    """
    n_bytes = int(np.prod(shape, dtype=object)) * np.dtype(dtype).itemsize
    if n_bytes <= MAX_BYTES:
        return np.empty(shape, dtype)
    with tempfile.TemporaryFile() as stream:
        return np.memmap(stream, dtype, "w+", shape=shape)
