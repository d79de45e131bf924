"""labels.parquet: the columns of labels.csv, numbers as numbers, with what is said of them first.

An empty cell is null. The metadata `notes` is JSON: the lines that the page begins with, so that a
table that travels alone still says what its labels come from.
"""

import json
from collections.abc import Sequence
from pathlib import Path

from pipeline.tools.label.table import LabelRow, columns
from pipeline.tools.parquet import numbers, texts, write_parquet


def write_labels_parquet(
    path: Path, rows: Sequence[LabelRow], names: Sequence[str], notes: Sequence[str]
) -> None:
    """Write the table, with a probability for each of `names`."""
    values = [row.values(len(names)) for row in rows]
    table = {}
    for place, name in enumerate(columns(names)):
        column = [row[place] for row in values]
        found = [value for value in column if isinstance(value, str)]
        is_text = len(found) == len(column)
        table[name] = texts(found) if is_text else numbers([float(value) for value in column])
    write_parquet(path, table, {"notes": json.dumps(list(notes), ensure_ascii=False)})
