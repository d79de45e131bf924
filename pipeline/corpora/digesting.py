"""Size and content digest of a corpus' media files, read side by side.

A file that is not there stays in the corpus, with the reason: its features will say so too.
"""

import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pipeline.base.digests import remembered_digest
from pipeline.base.files import resolve_inside
from pipeline.base.progress import Progress
from pipeline.base.regular_files import NoFileError, look_at
from pipeline.corpora.manifest import Media, MediaFile

CANNOT_BE_READ = "cannot be read now, the next run tries again"
MAX_READERS = 4  # disks rarely serve more at once; hashing itself needs no interpreter lock


def digest_media(root: Path, paths: Sequence[str], cache: Path, links: Sequence[str] = ()) -> Media:
    """Every file of `paths` below `root`: what is there with its digest, or why it is not."""
    present: dict[str, MediaFile] = {}
    missing: dict[str, str] = {}
    n_workers = min(MAX_READERS, os.cpu_count() or 1)

    with ThreadPoolExecutor(n_workers) as pool:
        found = pool.map(lambda path: _digest(root, path, cache, links), paths)
        for path, file in _shown(zip(paths, found, strict=True), len(paths)):
            if isinstance(file, MediaFile):
                present[path] = file
            else:
                missing[path] = file
    return Media(present, missing)


def misses_for_now(media: Media) -> bool:
    """Whether a file could not be read though it may be there: the next run tries again."""
    return any(reason.startswith(CANNOT_BE_READ) for reason in media.missing.values())


def _shown(
    found: Iterable[tuple[str, MediaFile | str]], n_files: int
) -> Progress[tuple[str, MediaFile | str]]:
    return Progress(found, n_files, what="build_manifest: digest of media", unit="files")


def _digest(root: Path, relative: str, cache: Path, links: Sequence[str]) -> MediaFile | str:
    """The file's size and digest, or why there is none."""
    path = resolve_inside(root, relative, links)
    try:
        size = look_at(path).st_size
        return MediaFile(size, remembered_digest(path, cache))
    except NoFileError as error:
        return str(error)
    except (OSError, MemoryError) as error:
        return f"{CANNOT_BE_READ}: {getattr(error, 'strerror', None) or error}"
