"""Markdown of cards: names, labels and licences in them, which anybody wrote, are no markup."""

import re
from collections.abc import Iterable, Iterator, Sequence


def markdown_table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Lines of a table; no cell of it is markup."""
    yield f"| {' | '.join(heads)} |"
    yield "|---" * len(heads) + "|"
    for row in rows:
        yield f"| {' | '.join(plain(str(cell)) for cell in row)} |"


def plain(text: str) -> str:
    """Somebody's text in one line, without markup."""
    return re.sub(r"([\\`*_{}\[\]<>#|!])", r"\\\1", " ".join(text.split()))
