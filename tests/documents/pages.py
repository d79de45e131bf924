"""README and the pages of docs/: their headings, links and commands."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")])
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
COMMAND = r"(?:[A-Z_]+=\S+ )*(?:make|snakemake|pytest|python3?) (?=\S)"
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def prose(page: Path) -> str:
    """The page without its fenced blocks and code spans."""
    return re.sub(r"`[^`]*`", "", FENCE.sub("", page.read_text(encoding="utf-8")))


def blocks(page: Path, language: str) -> list[str]:
    """Contents of the fenced blocks of a language."""
    found = FENCE.findall(page.read_text(encoding="utf-8"))
    return [content for name, content in found if name == language]


def templates() -> dict[str, str]:
    """Whole modules that docs/extend.md shows: a method, an encoder and a reader of one's own."""
    found = blocks(ROOT / "docs/extend.md", "python")
    return dict(zip(("method", "encoder", "reader"), found, strict=True))


def anchors(page: Path) -> set[str]:
    """Anchors that a forge gives the headings of a page."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    titles = re.findall(r"^#+ (.*)$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def commands(page: Path) -> Iterator[str]:
    """Commands of the page: lines of its console blocks, and code spans that begin like one.

    A block in which lines begin with `$ ` shows output too: only these lines are commands.
    """
    for block in blocks(page, "console"):
        lines = block.splitlines()
        if any(line.startswith("$ ") for line in lines):
            lines = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
        yield from (re.sub(r"\s+#.*", "", line) for line in lines if line.strip())
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    yield from re.findall(rf"`({COMMAND}[^`]*)`", text)
