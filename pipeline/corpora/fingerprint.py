"""One digest of the files that a reader would read, taken whenever the workflow is planned.

Over relative path, size and modification time, so that `build_manifest` runs again when a file is
added, removed or changed, and only then. Where the folder lies is no part of it. Nothing heavy is
imported here. A folder that is not there has a digest too: the stage then says what is missing.
"""

import hashlib
from pathlib import Path

from pipeline.corpora.listing import CorpusFile, list_files
from pipeline.corpora.readers import reader
from pipeline.sections.corpora import CorpusSettings


def fingerprint(settings: CorpusSettings) -> str:
    """Digest of what `settings.root` holds for `settings.reader`."""
    root = Path(settings.root)
    try:
        found = list_files(root, _patterns(settings))
    except PermissionError as error:  # the stage meets it too, and can say more
        return f"unreadable {error.errno}"
    if settings.labels is not None:
        found += _named(root / settings.labels)
    if settings.import_ is not None:
        found += _named(root / settings.import_.path)
    lines = "".join(f"{one.relative}\0{one.size}\0{one.mtime_ns}\n" for one in found)
    return hashlib.sha256(lines.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def _patterns(settings: CorpusSettings) -> tuple[str, ...]:
    return () if settings.import_ is not None else reader(settings.reader).files(settings)


def _named(path: Path) -> list[CorpusFile]:
    """A file that config names, or the files of such a folder; it may lie outside the root."""
    found = list_files(path.parent, [path.name, f"{path.name}/**/*"])
    return [CorpusFile(f"named/{one.relative}", one.size, one.mtime_ns) for one in found]
