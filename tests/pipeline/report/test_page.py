"""The page: everything that comes from data is escaped; nothing is fetched or run."""

import re

from pipeline.report.page import render
from pipeline.report.views import (
    Card,
    Cell,
    CorpusView,
    FigureView,
    PageView,
    Part,
    Row,
    SheetView,
    TableView,
    TaskView,
    text_row,
)

EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'"
SVG = '<svg xmlns="http://www.w3.org/2000/svg"><g id="a"/></svg>'


def page_with(text):
    table = TableView(
        text,
        ["a", text],
        [text_row("x", text), Row([Cell(text, [text])], group=text)],
        text=[text],
        note=text,
        heads={text: text},
        source=text,
    )
    figure = FigureView("figure", SVG, text, text)
    parts = [Part(text, text, [table], [figure]), Part(text, tables=[table], is_folded=True)]
    corpus = CorpusView("c", text, [Card(text, text)], parts, [SheetView("", text)])
    task = TaskView("t", text, text, [Card(text, text)], parts)

    return render(
        PageView(text, [text], [table], text, [task], [corpus], parts, settings={text: text})
    )


def test_hostile_text_stays_text_everywhere():
    html = page_with(EVIL)
    assert html.count("<script") == 1  # ours
    assert "<script>alert" not in html
    assert "<img" not in html
    assert html.count("&lt;script&gt;") >= 40
    assert 'onerror=alert(2)>"' not in html  # no attribute ends early


def test_the_page_refers_to_nothing_but_itself_and_the_files_beside_it():
    html = page_with("plain")
    links = set(re.findall(r"(?:src|href)=\"([^\"]*)\"", html))
    assert all(link.startswith(("#", "tables/", "figures/")) for link in links)
    style = html[html.index("<style>") : html.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style
    for rule in ("default-src 'none'", "base-uri 'none'", "form-action 'none'"):
        assert rule in html


def test_tables_have_scopes_captions_and_can_be_scrolled_by_keyboard():
    html = page_with("plain")
    for mark in ('scope="col"', 'scope="row"', 'scope="rowgroup"', "<caption>"):
        assert mark in html
    assert html.count('class="scroll" tabindex="0" role="region" aria-label="plain"') == 7


def test_each_figure_has_ids_of_its_own_and_a_name_for_those_who_do_not_see_it():
    html = page_with("plain")
    assert '<g id="figure-a"/>' in html
    assert '<div role="img" aria-label="plain">' in html
