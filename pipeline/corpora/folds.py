"""Lists of ids that ship with the project, so that no labels file is needed to know the folds.

reading.md B.1; where the lists come from and how they differ from other folds: data/README.md. Each
list is pinned by its digest, which makes an edit of a list an edit of the code that reads it.
"""

import csv
import hashlib
import io
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from pipeline.base.records import ROLES, Role
from pipeline.corpora.raw import CorpusError

_FOLDER = Path(__file__).parent / "data"
_DIGESTS = {
    "iemocap_extra_happy.csv": "ee72d26540e016d99e8e968b6645c254936328bd91a0852050b41a33d8c49875",
    "mosi_folds.csv": "27d5a2e3ec926769c24e0e68a38294b8e7993ef1b89d02b42f4f728522cf8bb5",
    "mosei_folds.csv": "326a0b7326e664f2405ed91c61038b7396d5cf1403db0a52d60bf78b983edfa8",
}


@cache
def extra_happy_ids() -> frozenset[str]:
    """The 53 utterances that the published six-class set counts as happy beyond the majority."""
    return frozenset(row["utterance_id"] for row in _rows("iemocap_extra_happy.csv"))


@cache
def mosi_roles() -> dict[str, Role]:
    """Role of each of the 93 videos: in ASCII order 52 train, 10 validation, 31 test."""
    return {row["dialogue_id"]: _role(row["role"]) for row in _rows("mosi_folds.csv")}


@cache
def mosei_roles() -> dict[str, Role]:
    """Role of each of the 3,225 videos of the published set."""
    return {row["dialogue_id"]: _role(row["role"]) for row in _rows("mosei_folds.csv")}


@cache
def mosei_published_ids() -> frozenset[str]:
    """The 22,856 utterances of the published set."""
    return frozenset(
        f"{row['dialogue_id']}_{segment}"
        for row in _rows("mosei_folds.csv")
        for segment in _numbers(row["segments"])
    )


def _rows(name: str) -> list[dict[str, str]]:
    content = (_FOLDER / name).read_bytes()
    if hashlib.sha256(content).hexdigest() != _DIGESTS[name]:
        raise CorpusError(
            f"pipeline/corpora/data/{name} is not the list that this version ships; restore it"
        )
    return list(csv.DictReader(io.StringIO(content.decode())))


def _numbers(ranges: str) -> Iterator[int]:
    """Numbers of "1-3 7": 1, 2, 3, 7."""
    for piece in ranges.split():
        first, _, last = piece.partition("-")
        yield from range(int(first), int(last or first) + 1)


def _role(name: str) -> Role:
    return next(role for role in ROLES if role == name)
