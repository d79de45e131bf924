"""The files beside the page: each table as CSV, Markdown and LaTeX, each figure as SVG and CSV."""

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeVar

import pandas as pd

from pipeline.base.files import write_text
from pipeline.report.formats import to_latex, to_markdown
from pipeline.report.views import FigureView, PageView, Part, TableView

View = TypeVar("View", TableView, FigureView)
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def write_outputs(page: PageView, tables: Path, figures: Path) -> None:
    """Write every table and figure of the page that has a name."""
    tables.mkdir(parents=True, exist_ok=True)
    figures.mkdir(parents=True, exist_ok=True)
    for table in _unique([*page.tables, *(table for part in parts(page) for table in part.tables)]):
        write_text(tables / f"{table.name}.md", to_markdown(table))
        write_text(tables / f"{table.name}.tex", to_latex(table))
        write_frame(tables / f"{table.name}.csv", numbers_of(table))
    for figure in _unique([figure for part in parts(page) for figure in part.figures]):
        write_text(figures / f"{figure.name}.svg", figure.svg)
        if figure.data is not None:
            write_frame(figures / f"{figure.name}.csv", figure.data)


def parts(page: PageView) -> list[Part]:
    """Every part of the page, in order."""
    of_tasks = [part for task in page.tasks for part in task.parts]
    of_corpora = [part for corpus in page.corpora for part in corpus.parts]
    return [*of_tasks, *of_corpora, *page.provenance]


def write_frame(path: Path, frame: pd.DataFrame) -> None:
    """A frame as CSV for people: no cell of it is a formula."""
    rows = ([_text(value) for value in row] for row in frame.itertuples(index=False))
    write_csv(path, [str(column) for column in frame.columns], rows)


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write a table for people, whole or not at all; cells that would be formulas are defused."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([formula_safe(cell) for cell in header])
    writer.writerows([formula_safe(cell) for cell in row] for row in rows)
    write_text(path, buffer.getvalue())


def formula_safe(text: str) -> str:
    """Text that a spreadsheet shows and does not run; a number stays a number, "-0.5" as it is."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) and not _is_number(text) else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return text.isascii() and text.strip() == text and "_" not in text


def _text(value: object) -> str:
    if isinstance(value, float):
        return "" if pd.isna(value) else repr(float(value))
    return str(value)


def numbers_of(table: TableView) -> pd.DataFrame:
    """The long form, or the cells as they are shown."""
    if table.data is not None:
        return table.data
    return pd.DataFrame(
        [[cell.text for cell in row.cells] for row in table.rows], columns=list(table.columns)
    )


def _unique(views: Sequence[View]) -> list[View]:
    """Those with a name; refuse two of one name, which would overwrite each other."""
    named = [view for view in views if view.name]
    names = [view.name for view in named]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"two tables, or two figures, have the same name: {twice}")
    return named
