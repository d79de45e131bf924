"""A table as Markdown and LaTeX, the same numbers as on the page."""

from collections.abc import Sequence

from pipeline.report.views import Cell, Row, TableView

LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "±": r"$\pm$",
    "×": r"$\times$",
    "✓": r"\checkmark{}",
    "−": r"$-$",
    "≥": r"$\geq$",
    "≠": r"$\neq$",
    **{character: f"\\{character}" for character in "&%$#_{}"},
}
MARKDOWN = {
    **{character: f"\\{character}" for character in "\\`*_|[]"},
    "<": "&lt;",
    ">": "&gt;",
    "&": "&amp;",
    "\n": " ",
    "\r": " ",
}


def to_markdown(view: TableView) -> str:
    """A Markdown table with its caption and note; groups of rows as rows of their own."""
    head = [_head(view, column) for column in view.columns]
    lines = [f"**{markdown_text(view.caption)}**", "", _line(head), _line(["---"] * len(head))]
    for group, rows in groups(view.rows):
        if group:
            lines.append(_line([f"**{markdown_text(group)}**", *[""] * (len(head) - 1)]))
        lines += [_line([_markdown_cell(cell) for cell in row.cells]) for row in rows]
    return "\n".join([*lines, *(["", markdown_text(view.note)] if view.note else [])]) + "\n"


def to_latex(view: TableView) -> str:
    r"""A LaTeX table; it asks for \usepackage{booktabs,amssymb}. Special characters escaped."""
    body = []
    for group, rows in groups(view.rows):
        if group:
            width = len(view.columns)
            body.append(rf"\midrule \multicolumn{{{width}}}{{l}}{{{latex_text(group)}}} \\")
        body.append(r"\midrule")
        body += [" & ".join(_latex_cell(cell) for cell in row.cells) + r" \\" for row in rows]

    words = {view.columns[0], *view.text}
    columns = "".join("l" if column in words else "r" for column in view.columns)
    head = " & ".join(latex_text(_head(view, column)) for column in view.columns)

    return "\n".join(
        [
            r"\begin{table}",
            rf"\caption{{{latex_text(f'{view.caption} {view.note}'.strip())}}}",
            rf"\begin{{tabular}}{{{columns}}}",
            r"\toprule",
            rf"{head} \\",
            *body,
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table}",
            "",
        ]
    )


def groups(rows: Sequence[Row]) -> list[tuple[str, list[Row]]]:
    """Rows under the name of their group, in order."""
    found: list[tuple[str, list[Row]]] = []
    for row in rows:
        if not found or found[-1][0] != row.group:
            found.append((row.group, []))
        found[-1][1].append(row)
    return found


def latex_text(text: str) -> str:
    """Text with LaTeX's special characters escaped."""
    return "".join(LATEX.get(character, character) for character in text)


def markdown_text(text: str) -> str:
    """Text that no Markdown reader takes for markup."""
    return "".join(MARKDOWN.get(character, character) for character in text)


def _head(view: TableView, column: str) -> str:
    return f"{column} ({view.heads[column]})" if column in view.heads else column


def _markdown_cell(cell: Cell) -> str:
    text = markdown_text(cell.text)
    return " ".join([f"**{text}**" if cell.is_best else text, *map(markdown_text, cell.small)])


def _latex_cell(cell: Cell) -> str:
    plain = cell.text.rstrip("*")
    stars = cell.text[len(plain) :]
    number = rf"\textbf{{{latex_text(plain)}}}" if cell.is_best else latex_text(plain)
    marked = number + (f"$^{{{stars}}}$" if stars else "")
    small = latex_text(" ".join(cell.small))
    return rf"{marked} {{\scriptsize {small}}}" if small else marked


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
