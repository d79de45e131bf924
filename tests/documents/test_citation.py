"""CITATION.cff is complete: who, what, when, and the paper to prefer."""

import tomllib

import pytest
import yaml

from tests.documents.pages import ROOT

CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))


def test_it_is_of_this_version_and_licence():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert (CITATION["version"], CITATION["license"]) == (project["version"], project["license"])
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## {CITATION['version']} ({CITATION['date-released']})" in changes


@pytest.mark.parametrize(
    "work",
    [CITATION["preferred-citation"], *CITATION["references"]],
    ids=lambda work: work["title"],
)
def test_every_work_can_be_found(work):
    assert work["year"] >= 2000
    assert work.get("journal") or work.get("collection-title")
    assert all(author["family-names"] and author["given-names"] for author in work["authors"])
