"""Features that somebody else extracted, read by the format that the configuration names."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline.base.files import UnsafePathError, file_digest, resolve_inside, text_digest
from pipeline.config.corpora import ImportSettings
from pipeline.corpora.imports import mmsa_pickle, npy_folder, npz, parquet
from pipeline.corpora.imports.imported import Imported, ImportFormatError, check_imported
from pipeline.corpora.imports.places import files_opened
from pipeline.corpora.raw import CorpusError


def read_import(
    corpus: str, root: Path, settings: ImportSettings, links: Sequence[str] = ()
) -> Imported:
    """Read and check the features of a corpus. Raises CorpusError, which names the setting."""
    try:
        return read_source(root, settings, links)

    # Whatever fails names the setting that led there.
    except ImportFormatError as error:
        key = f".{error.key}" if error.key else ""
        raise CorpusError(f"corpora.{corpus}.import{key}: {error}") from None
    except (CorpusError, UnsafePathError) as error:
        raise CorpusError(f"corpora.{corpus}.import: {error}") from None
    except OSError as error:
        raise CorpusError(
            f"corpora.{corpus}.import: {error.filename or root}: cannot be read: "
            f"{error.strerror or error}"
        ) from None


def read_source(root: Path, settings: ImportSettings, links: Sequence[str] = ()) -> Imported:
    """Read by format, and check; every path lies inside `root`, or where `links` allow."""
    path = resolve_inside(root, settings.path, links)
    if not path.is_file():
        raise ImportFormatError(f"there is no file {path}", key="path")
    if settings.format == "npz":
        imported = npz.read(path, settings.arrays)
    elif settings.format == "mmsa_pickle":
        imported = mmsa_pickle.read(path, settings.arrays)
    elif settings.format == "parquet":
        imported = parquet.read(path, settings.arrays)
    else:
        imported = npy_folder.read(root, settings.arrays, settings.path, links)

    try:
        return check_imported(imported, settings.arrays)
    except ImportFormatError as error:
        raise ImportFormatError(f"{path}: {error}", key=error.key) from None


def source_digest(root: Path, settings: ImportSettings, links: Sequence[str] = ()) -> str:
    """Digest of the content of all files that are read, in their order."""
    paths = files_opened(root, settings, links)
    return text_digest("".join(f"{file_digest(path)}\n" for path in paths))


def describe_import(corpus: str, imported: Imported) -> dict[str, Any]:
    """corpus.json of an imported corpus: no media, so only what was found."""
    n = len(imported.utterances)
    row = {"group": "all", "split": "", "value": "utterances", "expected": None}

    return {
        "corpus": corpus,
        "reader": "import",
        "is_synthetic": False,
        "media": {},
        "missing_media": {},
        "counts": [{**row, "found": n, "used": n}],
        "dropped": [{"item": item.item, "reason": item.reason} for item in imported.dropped],
        "dropped_by_reason": {},
        "durations": {},
        "notes": ["features were imported, not extracted here", *imported.notes],
    }
