"""Markdown and LaTeX hold the same cells as the page, and nothing in them is markup."""

import pytest

from pipeline.report.formats import latex_text, markdown_text, to_latex, to_markdown
from pipeline.report.views import Cell, Row, TableView

VIEW = TableView(
    "A <caption> & 100 %",
    ["Method", "0.0"],
    [
        Row([Cell("x_1"), Cell("76.12**", ["± 0.80", "paper 77.13"])], group="Task one"),
        Row([Cell("a|b"), Cell("-1.00")], group="Task two"),
    ],
    note="50% \\input{x}",
)


def test_markdown_has_a_line_per_row_and_group():
    lines = to_markdown(VIEW).splitlines()
    assert lines[0] == "**A &lt;caption&gt; &amp; 100 %**"
    assert lines[2:] == [
        "| Method | 0.0 |",
        "| --- | --- |",
        "| **Task one** |  |",
        r"| x\_1 | 76.12\*\* ± 0.80 paper 77.13 |",
        "| **Task two** |  |",
        r"| a\|b | -1.00 |",
        "",
        r"50% \\input{x}",
    ]


def test_latex_has_a_row_per_row_and_raises_the_marker():
    text = to_latex(VIEW)
    assert r"x\_1 & 76.12$^{**}$ {\scriptsize $\pm$ 0.80 paper 77.13} \\" in text
    assert r"\multicolumn{2}{l}{Task two}" in text
    assert r"\begin{tabular}{lr}" in text
    assert text.count(r"\begin{table}") == text.count(r"\end{table}") == 1


def test_latex_escapes_what_latex_would_run():
    assert latex_text(r"50% \input{x} a_b & c") == r"50\% \textbackslash{}input\{x\} a\_b \& c"
    assert latex_text("× ✓ ≥ ≠") == r"$\times$ \checkmark{} $\geq$ $\neq$"


@pytest.mark.parametrize("text", ["a|b", "*x*", "_x_", "`x`", "[x](y)", "<b>"])
def test_markdown_escapes_every_mark(text):
    escaped = markdown_text(text)
    assert escaped != text
    for mark in "|*_`[]":
        assert escaped.count(mark) == escaped.count(f"\\{mark}")
    assert "<" not in escaped
