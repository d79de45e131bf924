"""The one error of bundles."""

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from pipeline.base.arrays import ArraysError
from pipeline.base.errors import SettingsError
from pipeline.corpora.texts import printable


class BundleError(ValueError):
    """A study or a bundle cannot be used; the text says why, and the way out."""


# What a damaged archive, or tables, arrays and JSON that somebody else wrote, raise in the
# libraries and in the code that reads them.
FAULTS: Final = (
    zipfile.BadZipFile,
    zlib.error,
    ArraysError,
    SettingsError,
    ValueError,
    KeyError,
    TypeError,
    IndexError,
    AttributeError,
    OverflowError,
    NotImplementedError,
    RecursionError,
    EOFError,
)
SHOWN: Final = 300  # characters of what a library says


def ending(error: Exception) -> SystemExit:
    """How a command ends over it: lines that a terminal may show, whatever a bundle says."""
    return SystemExit("\n".join(printable(line, 2000) for line in f"error: {error}".split("\n")))


@contextmanager
def told(place: Path | str) -> Iterator[None]:
    """Say which part cannot be read, whatever the libraries call it."""
    try:
        yield
    except BundleError:
        raise
    except FAULTS as error:
        said = " ".join(str(error).split())[:SHOWN] or type(error).__name__
        kind = "" if isinstance(error, ValueError) else f"{type(error).__name__}: "
        raise BundleError(f"{place} cannot be read: {kind}{said}") from None
