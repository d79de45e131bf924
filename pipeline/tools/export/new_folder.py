"""A folder that is written whole or not at all."""

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.base.files import UNFINISHED
from pipeline.tools.export.content import ExportError


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """A folder beside `folder` that becomes it where the block ends without error.

    Raises ExportError where something is there already: an empty folder may be.
    """
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise ExportError(f"{folder} is there already: name a new or an empty folder")

    folder.parent.mkdir(parents=True, exist_ok=True)
    part = folder.with_name(f".{folder.name[:40]}.{secrets.token_hex(8)}{UNFINISHED}")
    part.mkdir()
    try:
        yield part
        part.replace(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)
