"""Links from the page to the span of a recording, where `report.media` asks for them.

A link is relative, so that it works from the file where page and corpus keep their places, and it
leads into the corpus' folder alone. Browsers play a span of what they can play: `#t=start,end`.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from pipeline.base.files import UnsafePathError, resolve_inside

# What Chromium, Firefox and Safari play without help; of the others people hear why there is none.
PLAYED = {
    *(".mp4", ".m4v", ".mov", ".webm", ".ogv"),
    *(".ogg", ".oga", ".opus", ".mp3", ".m4a", ".wav", ".flac"),
}


@dataclass(frozen=True)
class MediaFolder:
    """Where a corpus has its media, and where the page lies that leads to them."""

    root: Path
    links: tuple[str, ...]  # further folders that links below the root may lead into
    page: Path

    def link(self, media: str) -> tuple[str, str]:
        """(address, "") of a file, or ("", why there is none)."""
        if not media:
            return "", "no recording is named"

        try:
            resolve_inside(self.root, media, self.links)
        except UnsafePathError:
            return "", "the recording lies outside the corpus' folder"

        path = self.root.absolute() / media
        if not path.is_file():
            return "", f"{media} is not there"
        suffix = path.suffix.lower()
        if suffix not in PLAYED:
            return "", f"browsers do not play {suffix or 'files without a suffix'}"
        way = Path(os.path.relpath(path, self.page.absolute().parent)).as_posix()
        return f"{'' if way.startswith('../') else './'}{quote(way)}", ""
