"""What docstrings cite can be followed: sections of docs/reading.md, files, and nothing outside."""

import re
import subprocess

import pytest

from tests.documents.pages import ROOT

READING = (ROOT / "docs" / "reading.md").read_text(encoding="utf-8")
SECTIONS = set(re.findall(r"^#{2,3} ([A-F](?:\.\d+)?)[. ]", READING, re.M))
CITED = re.compile(r"reading\.md ((?:[A-F](?:\.\d+)?(?:, | to | and |-)?)+)")
# Notes that the repository does not hold; spelt apart so that this file does not name them.
NOTES = ["FA" + "CTS [A-F]", "FIE" + "LD [0-9]", "DES" + "IGN"]
OUTSIDE = re.compile(rf"\b(?:{'|'.join(NOTES)})\b")
FOLDERS = "pipeline|models|demo|benchmarks|tests|docs|configs|profiles"
PATH = re.compile(rf"(?<![\w./-])(?:{FOLDERS})/[\w/-]+(?:\.\w+)?")
EXAMPLES = re.compile(r"NAME|configs/(?:mine|x)\.yaml")  # what readers put there
ELSEWHERE = {"models/face_detection_yunet"}  # of another repository
# They write files of such names into trees of their own.
MAKERS = re.compile(r"tests/(?:pipeline/base|extending)/")


def sources() -> list[str]:
    """Text files that git tracks."""
    command = ["git", "ls-files", "*.py", "*.smk", "*.md", "*.yaml", "*.toml", "*.sh", "Snakefile"]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()


@pytest.mark.parametrize("name", sources())
def test_what_is_cited_is_there(name):
    text = re.sub(r"\n\s*#?\s*", " ", (ROOT / name).read_text(encoding="utf-8"))
    for cited in CITED.findall(text):
        assert set(re.findall(r"[A-F](?:\.\d+)?", cited)) <= SECTIONS
    assert not OUTSIDE.search(text)


@pytest.mark.parametrize("name", [name for name in sources() if not MAKERS.match(name)])
def test_a_file_that_is_named_is_there(name):
    named = set(PATH.findall((ROOT / name).read_text(encoding="utf-8"))) - ELSEWHERE
    missing = [path for path in sorted(named) if not EXAMPLES.search(path)]
    missing = [path for path in missing if not (ROOT / path).exists()]
    assert [path for path in missing if not (ROOT / f"{path}.py").is_file()] == []


def test_the_reading_has_sections_that_are_cited():
    assert {"A.3", "B.4", "C.1", "D.4", "E", "F.2"} <= SECTIONS
