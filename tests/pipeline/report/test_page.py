"""The page: everything that comes from data is escaped; nothing is fetched or run."""

import re

from pipeline.report.page import render
from pipeline.report.views import Card, CorpusView, PageView, TableView, text_row

EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>"


def page_with(text):
    table = TableView(text, ["a", text], [text_row("x", text)], text=[text])
    corpus = CorpusView("c", text, [Card(text, text)], [table], {text: [table]})
    return render(PageView(text, [text], [], [corpus], None, table, {text: text}))


def test_hostile_text_stays_text_everywhere():
    html = page_with(EVIL)
    assert "<script" not in html
    assert "<img" not in html
    assert html.count("&lt;script&gt;") >= 8


def test_the_page_refers_to_nothing_outside_itself():
    html = page_with("plain")
    assert not re.findall(r"(?:src|href)=\"(?!#|data:)", html)
    assert "url(" not in html
    assert "default-src 'none'" in html


def test_tables_have_scopes_captions_and_can_be_scrolled_by_keyboard():
    html = page_with("plain")
    assert 'scope="col"' in html
    assert 'scope="row"' in html
    assert "<caption>plain</caption>" in html
    assert 'class="scroll" tabindex="0" role="region"' in html
