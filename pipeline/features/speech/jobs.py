"""What the three speech stages share: what they are asked about, their faults, how they end."""

from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipeline.base.errors import CacheError, CheckpointError, SettingsError
from pipeline.base.files import UnsafePathError
from pipeline.base.retries import note_retry
from pipeline.base.wording import counted
from pipeline.config.settings import parse_section
from pipeline.config.speech import SpeechSettings
from pipeline.corpora.transcripts.reading import TranscriptError
from pipeline.corpora.turns import Found, TurnsError, read_found, write_found
from pipeline.features.speech.steps import Clip, is_for_now
from pipeline.media.errors import DecoderError

Step = Callable[[Clip, Found, SpeechSettings], Found]
FAULTS = (
    SettingsError,
    CheckpointError,
    CacheError,
    DecoderError,
    TranscriptError,
    TurnsError,
    UnsafePathError,
)


def clip_of(args: Namespace) -> Clip:
    """The media file that a speech stage is asked about."""
    return Clip(args.root, args.clip, args.links, args.cache)


def work_on_turns(args: Namespace, step: Step) -> None:
    """Hand the turns that the step before wrote to `step`, write what it made of them, say it."""
    with told_faults(args.clip):
        found = step(clip_of(args), read_found(args.turns), given(args.settings))
    result(args.out, found)


def given(settings: str | Mapping[str, Any]) -> SpeechSettings:
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
