"""The process in which Parquet is read: `parquet` beside this starts it, for one file.

    python -m pipeline.corpora.imports.parquet_reading PATH NAMES

NAMES is JSON, modality to column. What it says on standard output: a line of JSON (`columns`: texts
by name, `vectors`: by modality the length of each row, null where there is none, `notes`; or
`error` and `key`), then the numbers as float32. What a file would take is held against its size
before anything is read, texts that stand in many rows are kept once, and features come in batches:
some kilobytes cannot fill the memory, which is limited besides.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pipeline.base.memory_limit import limit_memory
from pipeline.base.records import MODALITIES
from pipeline.corpora.imports.columns import check_columns
from pipeline.corpora.imports.imported import ImportFormatError, Vector, pooled
from pipeline.corpora.imports.plain_arrays import ALWAYS_ALLOWED_BYTES, MAX_UNFOLDING
from pipeline.corpora.texts import printable

MAX_MEMORY_BYTES: Final = 4 * 2**30  # of addresses
ROWS_AT_ONCE: Final = 256
BYTES_OF_VALUE: Final = 8
# What pyarrow raises for a damaged file, beside its own errors.
FAULTS: Final = (pa.ArrowException, OSError, ValueError, OverflowError, MemoryError, TypeError)
Vectors = list[Vector | None]


def main(path: Path, names: Mapping[str, str]) -> None:
    """Read, and say what was read."""
    limit_memory(MAX_MEMORY_BYTES)
    vectors: dict[str, Vectors] = {}
    try:
        facts, vectors = read(path, names)
    except ImportFormatError as error:
        facts = {"error": str(error), "key": error.key}
    except FAULTS as error:
        detail = printable(str(error), 200) or type(error).__name__
        facts = {"error": f"{path}: not a Parquet file that can be read ({detail})", "key": ""}

    sys.stdout.buffer.write(json.dumps(facts).encode() + b"\n")
    for rows in vectors.values():
        for vector in rows:
            if vector is not None:
                sys.stdout.buffer.write(vector.tobytes())
    sys.stdout.buffer.flush()


def read(path: Path, names: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, Vectors]]:
    """What the line of JSON says, and the vectors of each modality."""
    with path.open("rb") as stream:
        schema = pq.ParquetFile(stream).schema_arrow
        texts = [field.name for field in schema if _is_text(field.type)]
        stream.seek(0)
        file = pq.ParquetFile(
            *(stream,), read_dictionary=texts, page_checksum_verification=True, pre_buffer=False
        )
        allowed = _allowed(path, file)
        chosen = _chosen(path, schema, names)
        plain = [field.name for field in schema if _is_plain(field.type)]
        if "dialogue_id" not in plain:
            raise ImportFormatError(
                f"{path}: no column `dialogue_id` of texts or numbers; there are {_shown(schema)}"
            )

        read_here = {*plain, *chosen.values()}
        odd = ((field.name, str(field.type)) for field in schema if field.name not in read_here)
        check_columns(path, file.metadata.num_rows, odd)
        columns: dict[str, list[str]] = {}
        for name in plain:
            columns[name] = _texts(path, name, file, allowed)
            allowed -= sum(map(len, columns[name]))
        vectors = {m: list(_vectors(path, name, file)) for m, name in chosen.items()}
        notes = list(_unread(schema, {*plain, *chosen.values()}))
        n_texts = {name: len(texts) for name, texts in columns.items()}
        n_vectors = {chosen[modality]: len(rows) for modality, rows in vectors.items()}
        check_lengths(path, n_texts | n_vectors, file)

    lengths = {m: [None if v is None else len(v) for v in rows] for m, rows in vectors.items()}
    return {"columns": columns, "vectors": lengths, "notes": notes}, vectors


def check_lengths(path: Path, lengths: Mapping[str, int], file: pq.ParquetFile) -> None:
    """Refuse a damaged file, of which a column has other rows than the file says."""
    n_rows = file.metadata.num_rows
    for name, length in lengths.items():
        if length != n_rows:
            raise ImportFormatError(
                f"{path}: {printable(name, 80)} has {length:,} rows, and the file says {n_rows:,}: "
                "it is damaged, fetch or write it anew"
            )


def _allowed(path: Path, file: pq.ParquetFile) -> int:
    """Bytes that the texts of a file may take; refuses a file that would unfold to more."""
    meta = file.metadata
    chunks = [
        meta.row_group(group).column(column)
        for group in range(meta.num_row_groups)
        for column in range(meta.num_columns)
    ]
    # Values may be repeated without any bytes of their own: they count by their number, too.
    takes = sum(
        max(chunk.total_uncompressed_size, BYTES_OF_VALUE * chunk.num_values) for chunk in chunks
    )
    allowed = max(ALWAYS_ALLOWED_BYTES, MAX_UNFOLDING * path.stat().st_size)
    if takes > allowed:
        raise ImportFormatError(
            f"{path}: {meta.num_rows:,} rows take {takes:,} bytes, more than {allowed:,}, which a "
            "file of this size may: write it without compression, if that is right"
        )
    return int(allowed)


def _is_text(kind: pa.DataType) -> bool:
    of = pa.types
    return bool(of.is_string(kind) or of.is_large_string(kind) or of.is_string_view(kind))


def _is_plain(kind: pa.DataType) -> bool:
    """Texts and numbers, one a row."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    of = pa.types  # DECIMAL is what databases write of whole numbers, too
    is_decimal = of.is_decimal(kind)
    return bool(_is_text(kind) or _is_number(kind) or is_decimal or of.is_null(kind))


def _is_number(kind: pa.DataType) -> bool:
    of = pa.types
    return bool(of.is_integer(kind) or of.is_floating(kind) or of.is_boolean(kind))


def _is_list(kind: pa.DataType) -> bool:
    of = pa.types
    return bool(of.is_list(kind) or of.is_large_list(kind) or of.is_fixed_size_list(kind))


def _is_vector(kind: pa.DataType) -> bool:
    """Lists of numbers, or lists of these."""
    if not _is_list(kind):
        return False
    inner = kind.value_type
    return _is_number(inner.value_type if _is_list(inner) else inner)


def _shown(schema: pa.Schema) -> str:
    return ", ".join(f"{printable(f.name, 40)} ({f.type})" for f in list(schema)[:20])


def _unread(schema: pa.Schema, read: set[str]) -> Iterator[str]:
    """What lies in the file and is no annotation and no modality."""
    others = [field for field in schema if field.name not in read]
    if others:
        yield f"not read, since no key of `arrays` names it: {_shown(pa.schema(others))}"


def _chosen(path: Path, schema: pa.Schema, names: Mapping[str, str]) -> Mapping[str, str]:
    if len({field.name for field in schema}) < len(schema):
        raise ImportFormatError(f"{path}: two columns have one name: {_shown(schema)}")
    vectors = {field.name for field in schema if _is_vector(field.type)}
    chosen = dict(names) or {m: m for m in MODALITIES if m in vectors}
    if not chosen:
        raise ImportFormatError(
            f"{path}: none of {', '.join(MODALITIES)} is a column of lists of numbers; name those "
            f"that are: {', '.join(sorted(vectors)) or 'there is none'}",
            key="arrays",
        )

    for modality, name in chosen.items():
        if name not in vectors:
            raise ImportFormatError(
                f"{path}: {name!r} is not a column of lists of numbers; there are "
                f"{', '.join(sorted(vectors)) or 'none'}",
                key=f"arrays.{modality}",
            )
    return chosen


def _texts(path: Path, name: str, file: pq.ParquetFile, allowed: int) -> list[str]:
    """N values as texts, null as ""; equal texts of one part of the file are one object."""
    found: list[str] = []
    taken = 0
    for chunk in file.read(columns=[name], use_threads=False).column(name).chunks:
        if not pa.types.is_dictionary(chunk.type):
            found += ["" if value is None else str(value) for value in chunk.to_pylist()]
            continue

        known = ["" if value is None else str(value) for value in chunk.dictionary.to_pylist()]
        for place in chunk.indices.to_pylist():
            found.append("" if place is None else known[place])
            taken += len(found[-1])
            if taken > allowed:
                raise ImportFormatError(
                    f"{path}: the texts of {printable(name, 80)} unfold to more than "
                    f"{allowed:,} characters"
                )
    return found


def _vectors(path: Path, name: str, file: pq.ParquetFile) -> Iterator[Vector | None]:
    row = 0
    for batch in file.iter_batches(ROWS_AT_ONCE, columns=[name], use_threads=False):
        for value in batch.column(0):
            try:
                yield None if value.values is None else pooled(_numbers(value.values))
            except ValueError as error:
                place = f"{path}: row {row} of {printable(name, 80)}"
                raise ImportFormatError(f"{place}: {error}") from None
            row += 1


def _numbers(values: pa.Array) -> NDArray[Any]:
    """(D,), or (T, D) of lists of one length; null is NaN."""
    if not _is_list(values.type):
        if pa.types.is_boolean(values.type):
            values = values.cast(pa.int8())
        numbers: NDArray[Any] = values.to_numpy(zero_copy_only=False)
        return numbers
    frames = [frame.values for frame in values]
    if any(frame is None for frame in frames):
        raise ValueError("a frame of it is null")
    return np.stack([_numbers(frame) for frame in frames]) if frames else np.zeros((0, 0))


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.loads(sys.argv[2]))
