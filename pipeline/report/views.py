"""What the page shows, as plain values: tables, figures, cards. Templates only lay them out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Cell:
    """One cell: its text, smaller print below it, and a shade between 0 and 1."""

    text: str
    small: str = ""
    share: float | None = None


@dataclass(frozen=True)
class Row:
    """One row; `emphasis` sets it in bold."""

    cells: Sequence[Cell]
    emphasis: bool = False


@dataclass(frozen=True)
class TableView:
    """A table; columns named in `text` are words, not numbers."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[Row]
    text: Sequence[str] = ()
    kind: str = ""


@dataclass(frozen=True)
class FigureView:
    """An SVG made by `figures`, and what it shows."""

    name: str  # file name without suffix, in build/report/figures
    svg: str
    caption: str


@dataclass(frozen=True)
class Card:
    """One number in large print."""

    value: str
    label: str


@dataclass(frozen=True)
class SheetView:
    """A contact sheet of face crops as a data URI."""

    data_uri: str
    caption: str


@dataclass(frozen=True)
class CorpusView:
    """One corpus: what was expected, found, used and dropped."""

    name: str
    summary: str
    cards: Sequence[Card]
    tables: Sequence[TableView]
    folded: Mapping[str, Sequence[TableView]] = field(default_factory=dict)
    sheets: Sequence[SheetView] = ()
    is_synthetic: bool = False


@dataclass(frozen=True)
class TaskView:
    """One task: tables, curves, confusion, training."""

    name: str
    summary: str
    cards: Sequence[Card]
    tables: Sequence[TableView]
    figures: Sequence[FigureView]
    confusions: Sequence[TableView]
    histories: Sequence[FigureView]


@dataclass(frozen=True)
class PageView:
    """The whole page."""

    title: str
    notes: Sequence[str]
    tasks: Sequence[TaskView]
    corpora: Sequence[CorpusView]
    parameters: TableView | None
    versions: TableView
    settings: Mapping[str, str]


def text_row(*texts: object, emphasis: bool = False) -> Row:
    """A row of plain texts."""
    return Row([Cell(str(text)) for text in texts], emphasis)
