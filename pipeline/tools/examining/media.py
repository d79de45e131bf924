"""Which media files of a corpus open: a file of 0 bytes or a broken header is not media."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from pipeline.base.files import resolve_inside
from pipeline.base.progress import Progress
from pipeline.media.decoder import Decoder
from pipeline.media.errors import DecoderError, MediaError
from pipeline.media.header_service import kinds_of_streams


def unusable(root: Path, paths: Iterable[str], links: Sequence[str] = ()) -> dict[str, str]:
    """Files of a corpus that are not there or do not open, each with the reason.

    Opens headers, in a process with limits, and decodes nothing: what is damaged further on is told
    by the features.
    """
    paths = list(paths)
    files: Progress[str] = Progress(paths, len(paths), what="doctor: open media", unit="files")
    found = {}
    with Decoder() as decoder:
        for path in files:
            if reason := _reason(decoder, root, path, links):
                found[path] = reason
    return found


def _reason(decoder: Decoder, root: Path, path: str, links: Sequence[str]) -> str | None:
    try:
        file = resolve_inside(root, path, links)
        if not file.is_file():
            return "is not a file" if file.exists() else "is not there"
        if file.stat().st_size == 0:
            return "is empty (0 bytes)"
        kinds = kinds_of_streams(decoder, file)
        return None if kinds else "holds neither sound nor picture"
    except (DecoderError, MediaError) as error:
        return str(error)
    except OSError as error:  # a name that the file system refuses, a disk that fails
        return f"cannot be read: {error.strerror}"
