"""No text of others is markup in a card."""

from pipeline.tools.markdown import markdown_table, plain


def test_a_text_is_one_line_without_markup():
    assert plain("a|b\n# <b>*") == r"a\|b \# \<b\>\*"


def test_no_cell_makes_a_column():
    assert list(markdown_table(["x", "y"], [["1|2", 3]])) == [
        "| x | y |",
        "|---|---|",
        r"| 1\|2 | 3 |",
    ]
