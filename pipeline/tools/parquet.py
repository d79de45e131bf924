"""A table as Parquet: whole or not at all, the same bytes for the same table and pyarrow.

Each page has a checksum. pyarrow takes 80 MiB of memory and a fifth of a second: this module is
imported where tables are written, and by nothing that starts jobs.
"""

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.base.files import atomic_path

Columns = Mapping[str, pa.Array]


def texts(values: list[str]) -> pa.Array:
    """A column of texts; an empty one says nothing and is null."""
    return pa.array([value or None for value in values], pa.string())


def numbers(values: list[float]) -> pa.Array:
    """A column of numbers; NaN: nobody knows, null."""
    return pa.array(values, pa.float64(), from_pandas=True)


def write_parquet(path: Path, columns: Columns, about: Mapping[str, str]) -> None:
    """Write columns of one length; `about` is kept as the metadata of the file."""
    table = pa.table(dict(columns)).replace_schema_metadata(dict(about))
    with atomic_path(path) as part:
        pq.write_table(table, part, compression="zstd", write_page_checksum=True)
