"""What the page shows, as plain values: tables, figures, cards. Templates only lay them out.

A table or figure that has a `name` is also written as files, with `data`, its numbers in long form.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

DRAWN_CLASSES = 40  # a picture of more could not be read, and a matrix grows with their square
SHOWN_ROWS = 2000  # a page of CMU-MOSEI's 22,856 rows would be slow; the rest stands in the file


@dataclass(frozen=True)
class Cell:
    """One cell: its text, lines of smaller print below it, and a shade between 0 and 1."""

    text: str
    small: Sequence[str] = ()
    share: float | None = None
    is_best: bool = False  # bold: best of its column, or not told from it


@dataclass(frozen=True)
class Row:
    """One row; `emphasis` marks the main method's, rows of one `group` stand under its name."""

    cells: Sequence[Cell]
    emphasis: bool = False
    group: str = ""


@dataclass(frozen=True)
class TableView:
    """A table; columns named in `text` are words, not numbers."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[Row]
    text: Sequence[str] = ()
    kind: str = ""
    name: str = ""  # file name without suffix, in the folder tables; "" = on the page only
    note: str = ""  # how to read it, below the table
    heads: Mapping[str, str] = field(default_factory=dict)  # column -> smaller print in its head
    source: str = ""  # the file that the numbers come from
    data: pd.DataFrame | None = field(default=None, compare=False)


@dataclass(frozen=True)
class FigureView:
    """An SVG made by `figures`, and what it shows."""

    name: str  # file name without suffix, in the folder figures
    svg: str
    caption: str
    source: str = ""
    data: pd.DataFrame | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Part:
    """Tables and figures under one heading."""

    title: str
    text: str = ""
    tables: Sequence[TableView] = ()
    figures: Sequence[FigureView] = ()
    is_small: bool = False  # figures three abreast, not two
    is_wide: bool = False  # figures one below the other
    is_folded: bool = False
    tables_title: str = ""  # not "": tables come after the figures, folded under this title


@dataclass(frozen=True)
class Card:
    """One number in large print."""

    value: str
    label: str


@dataclass(frozen=True)
class FaceView:
    """A face crop as a data URI; whose it is and when, line by line."""

    data_uri: str
    lines: Sequence[str]


@dataclass(frozen=True)
class SheetView:
    """A contact sheet: face crops of a dialogue."""

    faces: Sequence[FaceView]
    caption: str


@dataclass(frozen=True)
class CorpusView:
    """One corpus: what was expected, found, used and dropped."""

    name: str
    summary: str
    cards: Sequence[Card]
    parts: Sequence[Part]
    sheets: Sequence[SheetView] = ()
    is_synthetic: bool = False


@dataclass(frozen=True)
class ExploreView:
    """Test utterances to look at; `data` is JSON that stands in a script element as it is."""

    name: str
    data: str
    n_utterances: int
    said: str  # what is shown of it, and what is not


@dataclass(frozen=True)
class TaskView:
    """One task: what was found, in a sentence, in cards, in tables and figures."""

    name: str
    headline: str
    summary: str
    cards: Sequence[Card]
    parts: Sequence[Part]
    explore: ExploreView | None = None


@dataclass(frozen=True)
class PageView:
    """The whole page."""

    title: str
    notes: Sequence[str]
    tables: Sequence[TableView]  # the paper's, those that have rows
    absent: str  # which of the paper's tables have none, and what they need
    tasks: Sequence[TaskView]
    corpora: Sequence[CorpusView]
    provenance: Sequence[Part]
    settings: Mapping[str, str]


def text_row(*texts: object, emphasis: bool = False, group: str = "") -> Row:
    """A row of plain texts."""
    return Row([Cell(str(text)) for text in texts], emphasis, group)


def rest(everything: Sequence[Any] | Mapping[Any, Any], shown: Sequence[Row]) -> str:
    """The end of a caption: how many more there are than are shown."""
    n_more = len(everything) - len(shown)
    return f"; {n_more} more stand in the file" if n_more > 0 else ""
