"""Which files of a corpus folder a reader reads: glob patterns, size and time of each file.

Only `os.scandir`, so that thousands of files cost milliseconds: the fingerprint is taken whenever
Snakemake plans. Hidden files, and with them the `._*` twins that macOS leaves behind (reading.md
D.1), are no part of any corpus. Links are followed here; `checks` refuses those that leave the
root.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

# What FFmpeg decodes from one file. Playlists (.m3u8, .ffconcat, .sdp) would point elsewhere.
VIDEO_SUFFIXES = frozenset(
    {".3gp", ".avi", ".flv", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts"}
    | {".ogv", ".ts", ".vob", ".webm", ".wmv"}
)
AUDIO_SUFFIXES = frozenset(
    (".aac", ".aif", ".aiff", ".flac", ".m4a", ".mp3", ".oga", ".ogg", ".opus", ".wav", ".wma")
)
MEDIA_SUFFIXES = VIDEO_SUFFIXES | AUDIO_SUFFIXES

# Last component of a pattern: any file with one of these suffixes, in upper or lower case.
ANY_MEDIA = "<media>"
ANY_VIDEO = "<video>"


@dataclass(frozen=True, slots=True, order=True)
class CorpusFile:
    """A file below the corpus root; `relative` is its POSIX path. A broken link has size -1."""

    relative: str
    size: int
    mtime_ns: int


def list_files(root: Path, patterns: Iterable[str]) -> list[CorpusFile]:
    """Files below `root` that match one of the glob patterns, sorted by path.

    A pattern's parts match one folder each; `**` matches any number of them and follows no links.
    """
    found = {
        relative: CorpusFile(relative, *_size_and_time(path))
        for pattern in patterns
        for relative, path in _match(str(root), "", pattern.split("/"))
    }
    return sorted(found.values())


def has_suffix(relative: str, suffixes: frozenset[str]) -> bool:
    """Whether a path ends in one of `suffixes`, in upper or lower case."""
    return PurePosixPath(relative).suffix.lower() in suffixes


def _match(folder: str, prefix: str, parts: list[str]) -> Iterator[tuple[str, str]]:
    head, *rest = parts
    if head == "**":
        yield from _match(folder, prefix, rest)
    for name, is_folder, is_link in _entries(folder, head):
        path = f"{folder}/{name}"
        if head == "**":
            if is_folder and not is_link:
                yield from _match(path, f"{prefix}{name}/", parts)
        elif rest and is_folder:
            yield from _match(path, f"{prefix}{name}/", rest)
        elif not rest and not is_folder:
            yield prefix + name, path


def _entries(folder: str, part: str) -> list[tuple[str, bool, bool]]:
    """Name, is a folder, is a link; of the visible entries that match one part of a pattern."""
    if not os.path.isdir(folder):  # noqa: PTH112 - paths stay strings in this inner loop
        return []
    with os.scandir(folder) as entries:
        return [
            (entry.name, _is_folder(entry), entry.is_symlink())
            for entry in entries
            if not entry.name.startswith(".") and _fits(entry.name, part)
        ]


def _is_folder(entry: os.DirEntry[str]) -> bool:
    if entry.is_symlink():  # `entry.is_dir()` raises where links lead in a circle
        return os.path.isdir(entry.path)  # noqa: PTH112 - see _entries
    return entry.is_dir()


def _fits(name: str, part: str) -> bool:
    if part in (ANY_MEDIA, ANY_VIDEO):
        return has_suffix(name, MEDIA_SUFFIXES if part == ANY_MEDIA else VIDEO_SUFFIXES)
    return part == "**" or fnmatchcase(name, part)


def _size_and_time(path: str) -> tuple[int, int]:
    try:
        status = os.stat(path)  # noqa: PTH116 - see _entries
    except OSError:  # a link to nowhere or in a circle; who opens the file says so
        return -1, 0
    return status.st_size, status.st_mtime_ns
