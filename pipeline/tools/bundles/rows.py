"""A digest of each row of predictions.csv, so that a changed prediction can be named.

`predictions.rows` beside it: a line of eight hexadecimal digits for each of its lines. The sha256
in the list of parts says that a file was changed; this says where.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from pipeline.base.files import write_text
from pipeline.base.wording import counted
from pipeline.corpora.texts import printable

PREDICTIONS, ROWS = "predictions.csv", "predictions.rows"
N_DIGITS = 8
SHOWN = 5


def write_row_digests(run: Path) -> None:
    """Write the digests beside the predictions of a run."""
    write_text(run / ROWS, "".join(f"{digest}\n" for digest in _digests(_lines(run))))


def changed_rows(run: Path) -> list[str]:
    """Which rows are not as they were, in words; [] where all are."""
    lines = _lines(run)
    kept = (run / ROWS).read_text(encoding="utf-8").split()
    found = list(_digests(lines))
    if len(kept) != len(found):
        return [f"{len(found) - 1:,} rows, {len(kept) - 1:,} were bundled"]
    changed = [
        number for number, pair in enumerate(zip(kept, found, strict=True)) if len(set(pair)) > 1
    ]

    told = [f"row {number}: {_shown(lines[number])}" for number in changed[:SHOWN]]
    n_more = len(changed) - len(told)
    return [*told, *([f"and {counted(n_more, 'more row')}"] if n_more else [])]


def _shown(line: bytes) -> str:
    """Condition, utterance and what is predicted."""
    rate, utterance, _, _, predicted, *_ = [*line.decode("utf-8", "replace").split(","), *[""] * 5]
    told = f"utterance {utterance} under condition {rate} now has {predicted}"
    return printable(told.strip())


def _lines(run: Path) -> list[bytes]:
    return (run / PREDICTIONS).read_bytes().splitlines()


def _digests(lines: list[bytes]) -> Iterator[str]:
    return (hashlib.sha256(line).hexdigest()[:N_DIGITS] for line in lines)
