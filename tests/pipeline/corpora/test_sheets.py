"""Tables of other people: lines as the csv module has them, and no more than memory should hold."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.base import tables
from pipeline.corpora import sheets
from pipeline.corpora.raw import CorpusError


@given(st.text(alphabet='ab,"\r\n \x0b\x85\u2028'))
def test_lines_of_a_table_are_those_of_the_csv_module(text):
    """Truth: io.StringIO without translation, which the csv module's own page asks for."""

    def rows(lines):
        return list(csv.reader(lines))

    assert rows(match[0] for match in sheets.LINES.finditer(text)) == rows(
        io.StringIO(text, newline="")
    )


def test_more_rows_than_memory_should_hold_are_refused(monkeypatch):
    monkeypatch.setattr(sheets, "MAX_ROWS", 3)
    with pytest.raises(CorpusError, match=r"a\.csv line 5: more than 3 rows"):
        sheets.parse_sheet("a,b,c\n" + "u,d,a.mp4\n,\n" * 2, "a.csv", ["a"])


def test_a_quote_that_never_ends_fills_no_memory(monkeypatch):
    monkeypatch.setattr(sheets, "MAX_CELL", 1000)
    table = 'a,b,c\nu,d,"a.mp4\n' + "x,y,z\n" * 1000
    with pytest.raises(CorpusError, match=r"begins in line 2 .* is a quotation mark open\?"):
        sheets.parse_sheet(table, "a.csv", ["a"])
    csv.field_size_limit(tables.MAX_CELL)
