"""The numbers that the paper prints (paper Tables 1 to 4), to stand beside ours.

Table 5's stand with the methods (`models/<method>/method.py`).
Table 4's second block is labelled four-class but is the six-class task (reading.md A.7). Two
printed averages are not the mean of their row; they are shown as printed.
"""

import csv
from functools import cache
from pathlib import Path

FILE = Path(__file__).parent / "data" / "published.csv"
LABELS = {  # of the paper's forms of ITEACNet, and of the floor
    "majority": "Majority class",
    "training_mean": "Training mean",
    "gcnet_framework_tf": "GCNet framework, TF",
    "its_tf_tf": "ITS, TF-TF",
    "ts_nas_tf": "TS, NAS-TF",
    "ecce_none": "no ECCE",
    "ecce_global": "ECCE, global only",
    "ecce_full": "ECCE, local and global",
}


@cache
def published() -> dict[tuple[str, str, str, str], str]:
    """(table, task, method, column) -> the value as printed."""
    with FILE.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    return {(r["table"], r["task"], r["method"], r["column"]): r["value"] for r in rows}


def published_value(table: str, task: str, method: str, column: str) -> str:
    """What the paper prints there, "" if it has no such cell."""
    return published().get((table, task, method, column), "")
