"""Snakemake's own records of results, which a disk may damage.

Snakemake passes over a record that is empty or cut short, and ends at one that holds other bytes
than a text: at every try, and whatever is asked of it.
"""

import os
from pathlib import Path

RECORDS = Path(".snakemake/metadata")


def drop_damaged(records: Path = RECORDS) -> int:
    """Remove records that are no text; their results are then made again, out of the caches."""
    n_dropped = 0
    for folder, _, names in os.walk(records):
        for path in (Path(folder, name) for name in names):
            try:
                path.read_bytes().decode()
            except UnicodeDecodeError:
                path.unlink(missing_ok=True)
                n_dropped += 1
            except FileNotFoundError:
                continue  # another Snakemake writes there
    return n_dropped
