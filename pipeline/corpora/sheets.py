"""CSV files that people or other projects wrote: a broken structure is refused, a bad row told.

Columns are found by name. Broken: not UTF-8, no header, a column missing or twice, a quote that
never ends, more rows than memory should hold. A bad row (wrong number of cells) is an item that was
dropped, with its line.
"""

import csv
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.base.files import line_of_error
from pipeline.base.records import Dropped
from pipeline.base.tables import MAX_CELL
from pipeline.corpora.checks import drop
from pipeline.corpora.raw import CorpusError
from pipeline.corpora.texts import printable, read_bytes

MAX_COLUMNS, SHOWN_COLUMNS = 10_000, 40
MAX_ROWS = 2_000_000  # a row that is dropped takes some hundred bytes, too
LINES = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")  # as io.StringIO, in a fourth of its memory


@dataclass(frozen=True, slots=True)
class SheetRow:
    """Cells of one row by column; `source` names file and line."""

    source: str
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A CSV file: its header, its rows, and the rows that do not fit the header."""

    header: tuple[str, ...]
    rows: tuple[SheetRow, ...]
    dropped: tuple[Dropped, ...]


def read_sheet(
    root: Path, relative: str, required: Sequence[str], links: Sequence[str] = ()
) -> Sheet:
    """Read a UTF-8 CSV file of the corpus strictly; `required` columns must be there."""
    content = read_bytes(root, relative, links)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = line_of_error(content, error)
        raise CorpusError(
            f"{relative} line {line}: not UTF-8 (byte {error.start} of the file is "
            f"0x{content[error.start]:02x}); save the file as UTF-8 (in spreadsheets: 'CSV UTF-8')"
        ) from None
    return parse_sheet(text, relative, required)


def parse_sheet(text: str, name: str, required: Sequence[str], strict: bool = True) -> Sheet:
    """Split CSV text into rows; `strict` also refuses quotes in odd places."""
    csv.field_size_limit(MAX_CELL)
    reader = csv.reader((match[0] for match in LINES.finditer(text)), strict=strict)
    rows: list[SheetRow] = []
    dropped: list[Dropped] = []
    # Rows may span lines: an error names the line in which its row begins.
    line = 1
    try:
        header = _check_header(next(reader, []), name, required)
        line = reader.line_num + 1
        for cells in reader:
            source, line = f"{name} line {line}", reader.line_num + 1
            if len(rows) + len(dropped) == MAX_ROWS:
                raise CorpusError(f"{source}: more than {MAX_ROWS:,} rows; cut the table in parts")
            if len(cells) == len(header):
                rows.append(SheetRow(source, dict(zip(header, cells, strict=True))))
            elif cells:
                reason = f"row does not fit the header: {len(cells)} cells, not {len(header)}"
                dropped.append(drop(source, reason))
    except csv.Error as error:
        raise CorpusError(
            f"{name}: the row that begins in line {line} is not CSV ({error}); "
            "is a quotation mark open?"
        ) from None
    return Sheet(tuple(header), tuple(rows), tuple(dropped))


def _check_header(cells: list[str], name: str, required: Sequence[str]) -> list[str]:
    header = [unicodedata.normalize("NFC", cell.strip()) for cell in cells]
    shown = ", ".join(map(printable, header[:SHOWN_COLUMNS])) or "nothing"
    if len(header) > SHOWN_COLUMNS:
        shown += f", ... ({len(header):,} columns)"
    if len(header) > MAX_COLUMNS:
        raise CorpusError(f"{name}: {len(header):,} columns, at most {MAX_COLUMNS:,} are read")
    if twice := sorted(cell for cell, n in Counter(header).items() if n > 1):
        raise CorpusError(f"{name}: column {printable(twice[0])!r} stands twice in the header")

    if missing := [column for column in required if column not in header]:
        hint = ""
        if len(header) == 1 and any(mark in header[0] for mark in ";\t"):
            hint = "; cells must be separated by commas"
        raise CorpusError(
            f"{name}: column {', '.join(missing)} is missing; the header holds {shown}{hint}"
        )

    if "" in header:
        raise CorpusError(f"{name}: a column has no name; the header holds {shown}")
    return header
