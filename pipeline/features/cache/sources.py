"""Whether a media file is still the one that the corpus was read from."""

from pathlib import Path

from pipeline.base.digests import remembered_digest
from pipeline.media.errors import ReadError
from pipeline.media.state import FileState, check_state, file_state


def confirmed_state(path: Path, sha256: str, cache: Path) -> FileState:
    """State of the file that has this content; raises NoMediaError or ReadError.

    A file that was replaced since `build_manifest` must not be kept under the key of the old one:
    it is another file for the next run, which reads the corpus anew.
    """
    state = file_state(path)
    try:
        digest = remembered_digest(path, cache)
    except OSError as error:
        raise ReadError(f"the file cannot be read: {error.strerror}") from error
    check_state(path, state)

    if digest != sha256:
        raise ReadError(
            "the file was changed since the corpus was read: `snakemake` reads it again where size "
            "or date are others, `snakemake --forcerun build_manifest` does in any case"
        )
    return state
