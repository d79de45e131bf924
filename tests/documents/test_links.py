"""Links lead somewhere: files are in the repository, anchors are headings."""

import subprocess

import pytest

from tests.documents.pages import LINK, PAGES, ROOT, anchors, prose

OUTSIDE = ("https://", "mailto:")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_of_the_page_leads_somewhere(page):
    wrong = []
    for target in LINK.findall(prose(page)):
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        is_there = there.is_relative_to(ROOT) and there.is_file()
        leads = is_there and (not anchor or anchor in anchors(there))
        if not leads and not target.startswith(OUTSIDE):
            wrong.append(target)
    assert wrong == []


def test_every_page_is_reached_from_the_readme():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    pages = [page.relative_to(ROOT).as_posix() for page in PAGES if page.name != "README.md"]
    assert [page for page in pages if f"]({page})" not in readme] == []


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 200


def test_pictures_are_in_the_repository():
    listed = subprocess.run(["git", "ls-files", "docs"], cwd=ROOT, capture_output=True, text=True)
    assert "docs/report.png" in listed.stdout.split()
