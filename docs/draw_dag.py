"""Draws docs/dag.svg from what Snakemake says of its rules; no graphviz needed.

snakemake --rulegraph dot | python docs/draw_dag.py docs/dag.svg

Edges that follow from others are left out.
"""

import re
import sys
from graphlib import TopologicalSorter
from pathlib import Path

WIDTH, HEIGHT, STEP_X, STEP_Y, MARGIN = 132, 34, 172, 54, 16  # px
BEND = "~"  # begins the name of a place where an edge passes between rules


def parse(dot: str) -> dict[str, set[str]]:
    """Rule -> the rules that it needs, the last one (all) aside."""
    names = dict(re.findall(r'(\d+)\[label = "([^"]+)"', dot))
    needs: dict[str, set[str]] = {name: set() for name in names.values() if name != "all"}
    for source, target in re.findall(r"(\d+) -> (\d+)", dot):
        if names[target] in needs:
            needs[names[target]].add(names[source])
    return needs


def reduced(needs: dict[str, set[str]]) -> dict[str, set[str]]:
    """The same without edges that a longer way implies."""
    above: dict[str, set[str]] = {}
    for rule in TopologicalSorter(needs).static_order():
        above[rule] = needs[rule].union(*(above[need] for need in needs[rule]))
    return {
        rule: {one for one in direct if not any(one in above[other] for other in direct)}
        for rule, direct in needs.items()
    }


def columns(needs: dict[str, set[str]]) -> dict[str, int]:
    """The longest way to each rule; what needs nothing stands just before its first use."""
    column: dict[str, int] = {}
    for rule in TopologicalSorter(needs).static_order():
        column[rule] = 1 + max((column[need] for need in needs[rule]), default=-1)
    for rule in [rule for rule in needs if not needs[rule]]:
        column[rule] = min(column[user] for user in needs if rule in needs[user]) - 1
    return column


def stretched(needs: dict[str, set[str]], column: dict[str, int]) -> dict[str, set[str]]:
    """The same with a bend in every column that an edge passes; adds bends to `column`."""
    out: dict[str, set[str]] = {rule: set() for rule in needs}
    for rule, direct in needs.items():
        for need in sorted(direct):
            last = need
            for number in range(column[need] + 1, column[rule]):
                bend = f"{BEND}{need} {rule} {number}"
                column[bend], out[bend], last = number, {last}, bend
            out[rule].add(last)
    return out


def places(needs: dict[str, set[str]], column: dict[str, int]) -> dict[str, tuple[int, float]]:
    """Column and row of each rule and bend, in the order of what they need."""
    row: dict[str, float] = {}
    for number in range(max(column.values()) + 1):
        rules = [rule for rule in column if column[rule] == number]
        rules.sort(key=lambda rule: sum(row[n] for n in needs[rule]) / max(len(needs[rule]), 1))
        for index, rule in enumerate(rules):
            row[rule] = index - (len(rules) - 1) / 2
    return {rule: (column[rule], row[rule]) for rule in column}


def draw(needs: dict[str, set[str]]) -> str:
    """The picture as SVG."""
    column = columns(needs)
    needs = stretched(needs, column)
    at = places(needs, column)
    top = min(row for _, row in at.values())
    corner = {
        rule: (MARGIN + column * STEP_X, MARGIN + (row - top) * STEP_Y)
        for rule, (column, row) in at.items()
    }
    width = max(x for x, _ in corner.values()) + WIDTH + MARGIN
    height = max(y for _, y in corner.values()) + HEIGHT + MARGIN
    lines = [_edge(corner[need], corner[rule]) for rule in needs for need in sorted(needs[rule])]
    boxes = [_box(rule, *corner[rule]) for rule in needs if not rule.startswith(BEND)]
    lines += [_edge(corner[one], corner[one], WIDTH) for one in needs if one.startswith(BEND)]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" '
            'font-family="sans-serif" font-size="13" role="img" aria-label="The rules">',
            '<rect width="100%" height="100%" fill="#ffffff"/>',
            *lines,
            *boxes,
            "</svg>\n",
        ]
    )


def _edge(source: tuple[float, float], target: tuple[float, float], along: int = 0) -> str:
    """From the right side of one place to the left of another; `along`: across one place."""
    x1, y1 = source[0] + WIDTH - along, source[1] + HEIGHT / 2
    x2, y2 = target[0] + along, target[1] + HEIGHT / 2
    bend = (x1 + x2) / 2
    path = f"M{x1:g} {y1:g}C{bend:g} {y1:g} {bend:g} {y2:g} {x2:g} {y2:g}"
    return f'<path d="{path}" fill="none" stroke="#8a97a5" stroke-width="1.6"/>'


def _box(rule: str, x: float, y: float) -> str:
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{WIDTH}" height="{HEIGHT}" rx="7" fill="#eef5fb" '
        f'stroke="#1f78b4" stroke-width="1.4"/><text x="{x + WIDTH / 2:g}" y="{y + 22:g}" '
        f'text-anchor="middle" fill="#1c1f24">{rule}</text>'
    )


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(draw(reduced(parse(sys.stdin.read()))), encoding="utf-8")
