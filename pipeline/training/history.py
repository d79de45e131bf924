"""history.csv: one row per epoch, its columns the same whether a run was resumed or not."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from pipeline.base.files import write_text
from pipeline.training.checkpoint import HistoryRow

FIRST = ("epoch", "phase", "train_rate", "missing", "loss")


def write_history(path: Path, history: Sequence[HistoryRow]) -> None:
    """Write rows by epoch; a cell is empty where the epoch has no such number.

    `missing` is the realised rate, 0 in a phase that sees complete data; `loss_*` are parts of
    `loss`, `validation_*` are scores at each rate and `validation` is what epochs are selected by.
    """
    rest = sorted({name for row in history for name in row} - set(FIRST))
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, [*FIRST, *rest], restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(history)
    write_text(path, buffer.getvalue())
