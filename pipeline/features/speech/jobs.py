"""What the three speech stages share: their command line, their faults, how they end."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.base.errors import CacheError, CheckpointError, SettingsError
from pipeline.base.files import UnsafePathError
from pipeline.base.retries import note_retry
from pipeline.base.wording import counted
from pipeline.config.settings import parse_section
from pipeline.config.speech import SpeechSettings
from pipeline.corpora.transcripts.reading import TranscriptError
from pipeline.corpora.turns import Found, TurnsError, write_found
from pipeline.features.speech.steps import is_for_now
from pipeline.media.errors import DecoderError

FAULTS = (
    SettingsError,
    CheckpointError,
    CacheError,
    DecoderError,
    TranscriptError,
    TurnsError,
    UnsafePathError,
)


def clip_parser(description: str | None, with_turns: bool = False) -> argparse.ArgumentParser:
    """The options of a speech stage."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--root", type=Path, required=True, help="folder of the raw corpus")
    parser.add_argument("--media", required=True, help="the file, below the root")
    parser.add_argument("--links", nargs="*", default=[], help="folders that links may lead into")
    parser.add_argument("--settings", required=True, help="JSON: section speech")
    parser.add_argument("--cache", type=Path, required=True, help="folder of the caches")
    if with_turns:
        parser.add_argument("--turns", type=Path, required=True, help="what the step before wrote")
    parser.add_argument("--out", type=Path, required=True, help="what is written (JSON)")
    return parser


def given(settings: str) -> SpeechSettings:
    """The section `speech` that the rule hands over."""
    return parse_section(settings, SpeechSettings, where="speech")


@contextmanager
def told_faults(media: str) -> Iterator[None]:
    """What a user can mend ends the stage with one line."""
    try:
        yield
    except FAULTS as error:
        raise SystemExit(f"error: {media}: {error}") from None


def result(out: Path, found: Found) -> None:
    """Write what was found, note what is to be tried again, say what came out."""
    write_found(out, found)
    note_retry(out, is_for_now(found))
    for note in found.notes:
        print(f"note: {note}")
    if found.problem:
        print(f"note: {found.media}: {found.problem}")
    n_words = sum(len(turn.text.split()) for turn in found.turns)
    n_speakers = len({turn.speaker for turn in found.turns} - {""})
    print(
        f"done: {counted(len(found.turns), 'turn')}, {counted(n_speakers, 'speaker')}, "
        f"{counted(n_words, 'word')}"
    )
