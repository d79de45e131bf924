"""Tables as Parquet: types, nulls, checksums, and what is told beside them."""

import math

import pyarrow.parquet as pq
import pytest

from pipeline.tools.parquet import numbers, texts, write_parquet


@pytest.fixture
def path(tmp_path):
    """A table of one text and one number, and a note."""
    columns = {"who": texts(["Ann", ""] * 500), "how": numbers([0.5, math.nan] * 500)}
    write_parquet(tmp_path / "t.parquet", columns, {"note": "said first: ü"})
    return tmp_path / "t.parquet"


def test_what_nobody_knows_is_null(path):
    table = pq.read_table(path)
    assert table["who"].to_pylist()[:2] == ["Ann", None]
    assert table["how"].to_pylist()[:2] == [0.5, None]
    assert [str(field.type) for field in table.schema] == ["string", "double"]
    assert table.schema.metadata[b"note"].decode() == "said first: ü"


def test_a_page_that_was_damaged_is_noticed(path):
    content = bytearray(path.read_bytes())
    chunk = pq.read_metadata(path).row_group(0).column(1)
    end = chunk.dictionary_page_offset + chunk.total_compressed_size
    content[end - 3] ^= 1
    path.write_bytes(content)
    with pytest.raises(OSError, match="could not verify page integrity"):
        pq.read_table(path, page_checksum_verification=True)
