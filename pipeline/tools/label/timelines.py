"""Labels beside each media file's name, in the formats of players and annotation programs.

`clip.mp4` gives `clip.labels.vtt`, `.srt`, `.eaf` and `.TextGrid`, in the folders of the corpus:
named so, they may lie beside the videos and overwrite nothing that is not ours. A name that leaves
no room for the suffix is cut.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from pipeline.base.files import resolve_inside, with_room, write_text
from pipeline.tools.label.cues import Cue, by_media
from pipeline.tools.label.errors import LabelError
from pipeline.tools.label.subtitles import subrip, webvtt
from pipeline.tools.label.tiers import eaf, textgrid

FORMATS: Mapping[str, Callable[[str, Sequence[Cue]], str]] = {
    ".vtt": lambda media, cues: webvtt(cues),
    ".srt": lambda media, cues: subrip(cues),
    ".eaf": eaf,
    ".TextGrid": lambda media, cues: textgrid(cues),
}
LONGEST_SUFFIX = max(len(f".labels{suffix}") for suffix in FORMATS)


def write_timelines(folder: Path, cues: Sequence[Cue]) -> int:
    """Write all formats for every media file; returns how many files have labels now."""
    found = by_media(cues)
    for media, stem in _stems(list(found)):
        for suffix, content in FORMATS.items():
            name = with_room(stem, LONGEST_SUFFIX)
            path = resolve_inside(folder, f"{name}.labels{suffix}")
            write_text(path, content(media, found[media]))
    return len(found)


def _stems(media: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The name for each file without its suffix, unless another file is called or gets the same."""
    if nameless := [path for path in media if not PurePosixPath(path).name]:
        raise LabelError(f"{nameless[0]!r} names no media file: no time line can lie beside it")
    stems = {path: str(PurePosixPath(path).with_suffix("")) for path in media}
    names = (name for path, stem in stems.items() for name in {path, stem})
    uses = Counter(name.casefold() for name in names)  # some disks know no case
    for path, stem in stems.items():
        yield path, stem if uses[stem.casefold()] == 1 else path
