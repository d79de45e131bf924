"""Media of a folder that no table describes: which count, and the names that they get."""

import hashlib
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pipeline.base.records import IDENTIFIER
from pipeline.corpora.checks import name_fault
from pipeline.corpora.listing import ANY_MEDIA, ANY_VIDEO, AUDIO_SUFFIXES, has_suffix, list_files

LONGEST_NAME = 100  # of a dialogue; ids of its utterances are longer


@dataclass(frozen=True)
class OwnMedia:
    """Media of a folder that are dialogues; sound beside a video of its name is none."""

    paths: tuple[str, ...]
    n_videos: int
    n_copies: int


def own_media(root: Path) -> OwnMedia:
    """Every video, and every sound file that lies beside no video of its name."""
    videos = [file.relative for file in list_files(root, [f"**/{ANY_VIDEO}"])]
    has_video = {str(PurePosixPath(path).with_suffix("")) for path in videos}
    sounds = [
        file.relative
        for file in list_files(root, [f"**/{ANY_MEDIA}"])
        if has_suffix(file.relative, AUDIO_SUFFIXES)
    ]

    alone = [path for path in sounds if str(PurePosixPath(path).with_suffix("")) not in has_video]
    return OwnMedia(tuple(sorted([*videos, *alone])), len(videos), len(sounds) - len(alone))


def clips(root: Path) -> dict[str, str]:
    """Names of these media as dialogues, each with its path: without suffix, where that is one.

    Left out is what no table can name.
    """
    media = [path for path in own_media(root).paths if not name_fault(path)]
    stems = Counter(stem(path).casefold() for path in media)
    named: dict[str, str] = {}
    for path in media:
        whole = path if stems[stem(path).casefold()] > 1 else stem(path)
        named[id_of_path(whole, LONGEST_NAME)] = path
    return named


def stem(path: str) -> str:
    """A path without its suffix."""
    return str(PurePosixPath(path).with_suffix(""))


def id_of_path(relative: str, longest: int = 128) -> str:
    """An id from a path: itself where it is safe, else made safe, with a digest against twins."""
    if IDENTIFIER.fullmatch(relative) and ".." not in relative and len(relative) <= longest:
        return relative
    digest = hashlib.sha256(relative.encode("utf-8", "surrogateescape")).hexdigest()[:8]
    safe = re.sub(r"[^A-Za-z0-9_-]+", "_", relative)
    return f"{safe[: longest - 28]}-{digest}"
