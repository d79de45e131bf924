"""Print the rerun table as Markdown, or put it into docs/reruns.md.

`python -m tests.workflow.rerun_matrix` prints it, `--update` writes the page.
Rows that say the same stand together. Between which jobs of a rule a cell tells apart (of which
corpus, encoder, model) is left out here; it is in rerun_keys.csv.
"""

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from pathlib import Path

from pipeline.config.configuration import parse_config
from tests.workflow.rerun_states import STATES
from tests.workflow.rerun_table import KEYS, Row, read_table, schema_key

PAGE = Path(__file__).resolve().parents[2] / "docs/reruns.md"
RUNS, FOLLOWS = "●", "○"
Marks = tuple[str, ...]


def main() -> None:
    """The table, or the page that ends with it."""
    if sys.argv[1:] == ["--update"]:
        page = re.sub(
            r"(?m)(?:^\| .*\n|^\|-.*\n)+\Z", table_of_keys() + "\n", PAGE.read_text("utf-8")
        )
        PAGE.write_text(page, encoding="utf-8")
        return
    print(
        f"{RUNS} runs (those of its jobs that the key is about), "
        f"{FOLLOWS} runs if what is before it came out different\n"
    )
    print(table_of_keys())


def table_of_keys() -> str:
    """The table that docs/reruns.md ends with."""
    keys = read_table(KEYS)
    rules = tuple(keys[0].cells)
    return "\n".join(table("key of config.yaml", rules, grouped(keys, rules, _key, ".")))


def table(title: str, rules: tuple[str, ...], rows: Iterable[tuple[str, Marks]]) -> Iterator[str]:
    """A Markdown table; names of rules are broken, since columns are many."""
    heads = [rule.replace("_", "<br>") for rule in rules]
    yield f"| {title} | {' | '.join(heads)} |"
    yield f"|---|{':-:|' * len(rules)}"
    for name, marks in rows:
        yield f"| {name} | {' | '.join(marks)} |"


def grouped(
    rows: list[Row], rules: tuple[str, ...], name_of: Callable[[Row], str], mark: str
) -> Iterator[tuple[str, Marks]]:
    """Rows of one parent that have the same marks become one; a name of several rows is theirs."""
    marks: dict[str, list[str]] = {}
    for row in rows:
        found = marks.setdefault(name_of(row), [""] * len(rules))
        for column, rule in enumerate(rules):
            found[column] = _stronger(found[column], _mark(row.cells[rule]))

    same: dict[tuple[str, Marks], list[str]] = {}
    for name, found in marks.items():
        parent, _, last = name.rpartition(mark)
        same.setdefault((parent, tuple(found)), []).append(last)

    parents = [parent for parent, _ in same]

    for (parent, found_marks), names in same.items():
        inner = names[0] if len(names) == 1 else _several(names, parents.count(parent) == 1)
        yield f"`{parent}{mark if parent else ''}{inner}`", found_marks


def _several(names: list[str], is_whole: bool) -> str:
    return "*" if is_whole else "{" + ", ".join(name for name, _ in groupby(names)) + "}"


def _mark(cell: str) -> str:
    words = cell.split()
    if any(not word.startswith("(") for word in words):
        return RUNS
    return FOLLOWS if words else ""


def _stronger(effect: str, other: str) -> str:
    return max(effect, other, key=("", FOLLOWS, RUNS).index)


def _key(row: Row) -> str:
    return schema_key(row.what, parse_config(STATES[row.state]))


if __name__ == "__main__":
    main()
