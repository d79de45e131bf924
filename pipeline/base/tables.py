"""Rows to CSV and back: the header is the record's fields, in order, and is checked."""

import csv
import dataclasses
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol, TypeVar, get_args, get_origin, get_type_hints

from pipeline.base.files import plain_file, write_text
from pipeline.base.records import Utterance

MAX_CELL = 2**26  # characters; a transcript may have millions, a quote that never ends has more
csv.field_size_limit(MAX_CELL)


class _Dataclass(Protocol):
    __dataclass_fields__: ClassVar[dict[str, dataclasses.Field[Any]]]


Row = TypeVar("Row", bound=_Dataclass)


class TableError(ValueError):
    """A table does not have the columns or values that its name promises."""


def write_rows(path: Path, rows: Iterable[Row], kind: type[Row]) -> None:
    """Write `rows` of one `kind` as CSV, whole or not at all."""
    names = [field.name for field in dataclasses.fields(kind)]
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    careful = csv.writer(buffer, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(names)
    for row in rows:
        cells = [_to_text(getattr(row, name)) for name in names]
        # The reader takes a bare carriage return for the end of a row; the writer leaves it bare.
        (careful if any("\r" in cell for cell in cells) else writer).writerow(cells)
    write_text(path, buffer.getvalue())


def read_rows(path: Path, kind: type[Row]) -> list[Row]:
    """Read the rows that `write_rows` wrote; errors name the file and the line.

    Rows of a kind that adds columns to `kind` are read as `kind`: the added ones are left out.
    """
    names = [field.name for field in dataclasses.fields(kind)]
    hints = get_type_hints(kind)

    with plain_file(path).open(newline="", encoding="utf-8") as stream:
        reader = csv.reader(stream)
        try:
            header = next(reader, [])
            if header not in _headers(kind):
                raise TableError(f"{path}: the header is {header}, expected {names}")
            return [_parse(path, reader.line_num, cells, header, hints, kind) for cells in reader]
        except (UnicodeDecodeError, csv.Error) as error:
            raise TableError(f"{path}, after line {reader.line_num}: {error}") from error


def _headers(kind: type[Row]) -> list[list[str]]:
    """Of a kind, and of those that add columns to it."""
    kinds = (kind, *kind.__subclasses__())
    return [[field.name for field in dataclasses.fields(known)] for known in kinds]


def read_utterances(path: Path) -> list[Utterance]:
    """The rows of utterances.csv, in which no id may stand twice."""
    rows, seen = read_rows(path, Utterance), set()
    for row in rows:
        if row.utterance_id in seen:
            raise TableError(f"{path}: utterance_id {row.utterance_id!r} stands twice")
        seen.add(row.utterance_id)
    return rows


def _to_text(value: object) -> str:
    return repr(value) if isinstance(value, float) else str(value)


def _parse(
    path: Path,
    line: int,
    cells: list[str],
    names: list[str],
    hints: dict[str, Any],
    kind: type[Row],
) -> Row:
    if len(cells) != len(names):
        raise TableError(f"{path}, line {line}: {len(cells)} cells, expected {len(names)}")

    try:
        return kind(
            **{
                name: _convert(cell, hints[name])
                for name, cell in zip(names, cells, strict=True)
                if name in hints
            }
        )
    except ValueError as error:
        raise TableError(f"{path}, line {line}: {error}") from error


def _convert(cell: str, hint: Any) -> Any:
    if get_origin(hint) is Literal:
        return _one_of(cell, get_args(hint))
    if hint is bool:
        return _one_of(cell, ("False", "True")) == "True"
    return hint(cell) if hint in (int, float) else cell


def _one_of(cell: str, allowed: tuple[str, ...]) -> str:
    if cell not in allowed:
        raise ValueError(f"{cell!r} is not one of {allowed}")
    return cell
