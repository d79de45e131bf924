"""A result table as Markdown and LaTeX, the same numbers in each."""

import math
from dataclasses import replace

from pipeline.report.published import LABELS
from pipeline.report.results import Cell, ResultTable


def percent(cell: Cell) -> str:
    """`76.12 +- 0.80 *`; the deviation only where there are at least two runs."""
    if math.isnan(cell.mean):
        return "-"
    deviation = "" if math.isnan(cell.std) else f" ± {100 * cell.std:.2f}"
    return f"{100 * cell.mean:.2f}{deviation}{cell.marker}"


def label(method: str) -> str:
    """What tables print for a method."""
    return LABELS.get(method, method)


def to_markdown(table: ResultTable) -> str:
    """A Markdown table; the paper's number follows ours in brackets."""
    head = ["Method", *table.columns]
    lines = [
        f"**Table {table.number}.** {table.caption}",
        "",
        _row(head),
        _row(["---"] * len(head)),
    ]
    for method, cells in table.rows.items():
        shown = [percent(c) + (f" [{c.published}]" if c.published else "") for c in cells]
        lines.append(_row([label(method), *shown]))
    return "\n".join(lines) + "\n"


def to_latex(table: ResultTable) -> str:
    """A LaTeX tabular (booktabs) with the caption; special characters escaped."""
    body = [
        " & ".join([latex_text(label(method)), *(_latex_cell(cell) for cell in cells)]) + r" \\"
        for method, cells in table.rows.items()
    ]
    head = " & ".join(["Method", *map(latex_text, table.columns)]) + r" \\"
    columns = "l" + "r" * len(table.columns)
    return "\n".join(
        [
            r"\begin{table}",
            rf"\caption{{{latex_text(table.caption)}}}",
            rf"\begin{{tabular}}{{{columns}}}",
            r"\toprule",
            head,
            r"\midrule",
            *body,
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table}",
            "",
        ]
    )


def latex_text(text: str) -> str:
    """Text with LaTeX's special characters escaped."""
    special = {
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        **{character: f"\\{character}" for character in "&%$#_{}"},
    }
    return "".join(special.get(character, character) for character in text)


def _latex_cell(cell: Cell) -> str:
    plain = percent(replace(cell, p_t=math.nan)).replace("±", r"$\pm$")
    return f"{plain}$^{{{cell.marker}}}$" if cell.marker else plain


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"
