"""Jobs whose result is for now alone: the system failed, and the next run tries again.

A stage that met such a thing leaves a hidden note beside its output. When the workflow is planned
the next time, the note becomes the new content of a file that is an input of the job, which makes
it due; results stay as they are until then, in a dry run as well.
"""

import os
import secrets
from pathlib import Path

TOKENS = Path(".snakemake/retries")
SUFFIX = ".again"
PLACES = (
    "*",
    "*/speech",
    "*/faces",
    "*/shards/*",
)  # of outputs that may be for now alone, below build/


def note_retry(output: Path, is_due: bool) -> None:
    """Say whether `output` is to be made again by the next run."""
    note = output.with_name(f".{output.name}{SUFFIX}")
    if is_due:
        note.touch()
    else:
        note.unlink(missing_ok=True)


def note_exchanged(output: Path, planned: str, now: str, what: str = "files") -> None:
    """Let `output` be made again where other things were read than its run was planned for.

    It is sealed as a result of the planned ones: should these come back, it would be taken for
    theirs. Digests of both; `planned` is "" where nobody planned.
    """
    if planned not in ("", now):
        print(f"note: {what} were exchanged while they were read: the next run reads them again")
        note_retry(output, is_due=True)


def take_notes(build: Path = Path("build"), tokens: Path = TOKENS) -> None:
    """Make the jobs due that left notes."""
    for place in PLACES:
        for note in build.glob(f"{place}/.*{SUFFIX}"):
            output = note.with_name(note.name.removesuffix(SUFFIX)[1:])
            token = Path(retry_token(str(output), tokens))
            token.write_text(secrets.token_hex(8))
            note.unlink(missing_ok=True)


def retry_token(output: str, tokens: Path = TOKENS) -> str:
    """The file that the job of `output` hangs on; a new one is older than any result."""
    path = tokens / output
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        os.utime(path, (1, 1))
    return str(path)
