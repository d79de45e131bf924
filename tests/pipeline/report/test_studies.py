"""Studies stand side by side: a card beside each report, and one page that lists them all."""

import json
from html.parser import HTMLParser

from pipeline.config.studies import MAX_BYTES, read_cards
from pipeline.report.studies import render_index, write_index
from tests.pipeline.report.builds import EVIL, write_build

CARD = {
    "title": "A study",
    "date": "2026-11-28T09:00:00+00:00",
    "configuration": ["a.yaml"],
    "found": ["t: it is so."],
}


def write_study(reports, name, **card):
    folder = reports / name
    folder.mkdir(parents=True)
    (folder / "index.html").touch()
    (folder / "study.json").write_text(json.dumps({"name": name, **CARD, **card}))
    return folder


class Links(HTMLParser):
    """Where a page leads, and all that it says."""

    def __init__(self, text):
        super().__init__()
        self.targets, self.said, self.tags = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.targets += [value for key, value in attributes if key in ("href", "src")]

    def handle_data(self, data):
        self.said.append(data.strip())


def test_all_studies_are_listed_the_newest_first(tmp_path):
    write_study(tmp_path, "old", title="First", found=["t: one.", "u: two."])
    write_study(tmp_path, "new", date="2026-11-28T10:30:00+00:00", configuration=["b.yaml"])
    assert write_index(tmp_path) == []
    page = Links((tmp_path / "index.html").read_text())
    assert page.targets == ["new/index.html", "old/index.html"]
    assert {"First", "t: one.", "u: two."} <= set(page.said)
    assert "new · 2026-11-28 10:30 UTC · b.yaml" in page.said


def test_the_list_is_written_only_where_it_says_something_else(tmp_path):
    assert (write_index(tmp_path), list(tmp_path.iterdir())) == ([], [])
    folder = write_study(tmp_path, "a")
    write_index(tmp_path)
    inode = (tmp_path / "index.html").stat().st_ino
    write_index(tmp_path)
    assert (tmp_path / "index.html").stat().st_ino == inode
    write_study(tmp_path, "b")
    (folder / "index.html").unlink()
    write_index(tmp_path)
    assert Links((tmp_path / "index.html").read_text()).targets == ["b/index.html"]


def test_cards_that_cannot_be_read_are_named_and_hide_no_other(tmp_path):
    write_study(tmp_path, "sound")

    for name, text in (
        ("torn", '{"name": "torn"'),
        ("strange", json.dumps({"name": "strange", **CARD, "more": 1})),
        ("renamed", json.dumps({"name": "other", **CARD})),
        ("vast", " " * (MAX_BYTES + 1)),
        ("bytes", "\ud800"),
    ):
        card = write_study(tmp_path, name) / "study.json"
        card.write_bytes(text.encode("utf-8", "surrogatepass"))

    cards, notes = read_cards(tmp_path)
    assert [card.name for card in cards] == ["sound"]
    assert [note.split("/")[-2] for note in notes] == [
        *("bytes", "renamed", "strange", "torn", "vast"),
    ]


def test_nothing_of_a_card_becomes_markup(tmp_path):
    write_study(tmp_path, "a", title=EVIL, configuration=[EVIL], found=[EVIL], date=EVIL)
    page = Links(render_index(read_cards(tmp_path)[0]))
    assert not {"script", "img"} & set(page.tags)
    assert page.said.count(EVIL) == 2


def test_the_report_leaves_a_card(tmp_path):
    build = write_build(tmp_path, report={"name": "mine", "title": "Mine"})
    text = build.report()
    card = json.loads((build.folder / "report/study.json").read_text())
    assert (card["name"], card["title"]) == ("mine", "Mine")
    assert card["configuration"] == ["a.yaml", "b.yaml"]
    (sentence,) = card["found"]
    assert sentence.startswith("t: ")
    assert sentence.removeprefix("t: ").split(",")[0] in text
