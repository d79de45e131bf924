"""Plain values of the page."""

from pipeline.report.views import rest, text_row


def test_what_is_not_shown_is_counted():
    rows = [text_row("a"), text_row(2)]
    assert [cell.text for row in rows for cell in row.cells] == ["a", "2"]
    assert rest(range(5), rows) == "; 3 more stand in the file"
    assert rest(range(2), rows) == ""
