"""One digest of the files that a reader would read, taken whenever the workflow is planned.

Over relative path, size and modification time, and the content of all files but media, so that
`build_manifest` and `import_features` run again when a file is added, removed or changed, and only
then: a table or a vector may be exchanged for one of the same size and time. Files of more than
`BY_CONTENT_BYTES` count by the time of their last change of any kind instead. Where the folder lies
is no part of it. Nothing heavy is imported here. A folder that is not there has a digest too: the
stage then says what is missing.
"""

import hashlib
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from pipeline.base.files import UnsafePathError, file_digest, resolve_inside
from pipeline.config.corpora import CorpusSettings, ImportSettings
from pipeline.corpora.imports.places import files_opened
from pipeline.corpora.listing import MEDIA_SUFFIXES, CorpusFile, has_suffix, list_files
from pipeline.corpora.raw import CorpusError
from pipeline.corpora.readers import reader
from pipeline.corpora.sheets import read_sheet

BY_CONTENT_BYTES = 64 * 2**20


def fingerprint(settings: CorpusSettings) -> str:
    """Digest of what `settings.root` holds for `settings.reader`."""
    root = Path(settings.root)
    if settings.import_ is not None:
        return import_fingerprint(root, settings.import_, settings.links)
    return _of(root, lambda: _files(root, settings))


def import_fingerprint(root: Path, settings: ImportSettings, links: Sequence[str]) -> str:
    """Digest of the files that an import opens."""

    def opened() -> list[CorpusFile]:
        paths = files_opened(root, settings, links)
        return _exact(root, (os.path.relpath(path, root.resolve()) for path in paths))

    return _of(root, opened)


def files_fingerprint(root: Path, names: Iterable[str]) -> str:
    """Digest of a few files below a corpus' root, by name."""
    return _digest([_line(root, file) for file in _exact(root, names)])


def _of(root: Path, find: Callable[[], list[CorpusFile]]) -> str:
    try:
        return _digest([_line(root, file) for file in find()])
    except OSError as error:  # the stage meets it too, and can say more
        return f"unreadable {error.errno}"
    except UnsafePathError:
        return "outside"


def _digest(lines: list[str]) -> str:
    text = "".join(sorted(set(lines)))
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def _files(root: Path, settings: CorpusSettings) -> list[CorpusFile]:
    """Files that the reader opens, with what tells whether they are the same."""
    found = list_files(root, reader(settings.reader).files(settings))
    named = [name for name in (settings.labels,) if name is not None]
    if settings.reader == "folder":
        named += [settings.utterances, *_media_named(root, settings)]
    return found + _exact(root, named)


def _media_named(root: Path, settings: CorpusSettings) -> list[str]:
    """Media that a table names: they may lie in hidden folders, or behind links to folders."""
    try:
        rows = read_sheet(root, settings.utterances, ["media"], settings.links).rows
    except CorpusError:  # the stage says what is wrong with it
        return []
    names = {row.cells["media"].strip() for row in rows}
    return sorted(name for name in names if _is_inside(root, name, settings))


def _is_inside(root: Path, name: str, settings: CorpusSettings) -> bool:
    try:
        return bool(name) and resolve_inside(root, name, settings.links).is_file()
    except (UnsafePathError, OSError):
        return False


def _exact(root: Path, names: Iterable[str]) -> list[CorpusFile]:
    """Files by name, no patterns; they may lie outside the root, where config names them."""
    found = []
    for name in names:
        try:
            state = (root / name).stat()
        except OSError:
            continue
        found.append(CorpusFile(name, state.st_size, state.st_mtime_ns))
    return found


def _line(root: Path, file: CorpusFile) -> str:
    content = "" if has_suffix(file.relative, MEDIA_SUFFIXES) else _content(root / file.relative)
    return f"{file.relative}\0{file.size}\0{file.mtime_ns}\0{content}\n"


def _content(path: Path) -> str:
    """What a file holds, or when it last changed; "" where it cannot be read."""
    try:
        state = path.stat()
        if state.st_size > BY_CONTENT_BYTES:
            return str(state.st_ctime_ns)
        return file_digest(path) if path.is_file() else ""
    except OSError as error:
        return f"unreadable {error.errno}"
