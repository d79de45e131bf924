"""The command `compare`, and the table that it writes."""

import csv

from pipeline.tools.bundles.compare import main


def compared(first, second, folder, *options):
    """The rows of the table that the command writes."""
    out = folder / "differences.csv"
    main([str(first), str(second), "--out", str(out), *options])
    with out.open() as stream:
        return list(csv.DictReader(stream))
