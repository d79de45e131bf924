"""The three steps from a media file to utterances, each kept by content: find, tell, transcribe.

A step takes what the step before it wrote and adds to it. What a file beside the video says is
taken as it is: only what it leaves open is found here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.base.digests import remembered_digest
from pipeline.base.files import resolve_inside
from pipeline.config.speech import SpeechSettings
from pipeline.corpora.turns import VOICE, Found, Turn, as_written, from_json, turns_in_order
from pipeline.features.cache.keys import record_key
from pipeline.features.cache.sources import confirmed_state
from pipeline.features.speech.cache import SpeechCache
from pipeline.features.speech.keys import find_ingredients, tell_ingredients, transcribe_ingredients
from pipeline.features.speech.networks import SILERO, VOICES, locate_network
from pipeline.features.speech.silero import SpeechDetector
from pipeline.features.speech.sound import Stream, read_spans
from pipeline.features.speech.spans import Probabilities, Stretch, stretches
from pipeline.features.speech.speakers import hear, tell_voices
from pipeline.features.speech.transcribers import find_transcriber
from pipeline.features.speech.words import Words, written
from pipeline.media.decoder import Decoder
from pipeline.media.errors import MediaError, ReadError
from pipeline.media.speech_rate import SAMPLE_RATE_HZ
from pipeline.media.state import FileState, check_state, file_state

PIECE_S = 30.0  # what a transcriber hears at once; an imported turn may be longer


@dataclass(frozen=True)
class Clip:
    """A media file below the root of its corpus, and where what is found in it is kept."""

    root: Path
    media: str
    links: Sequence[str]
    cache: Path

    @property
    def path(self) -> Path:
        """The file itself; UnsafePathError where it is a link to elsewhere."""
        return resolve_inside(self.root, self.media, self.links)

    def state(self, sha256: str) -> FileState:
        """Its state, if it is still the file of that content; raises a MediaError."""
        return confirmed_state(self.path, sha256, self.cache)


def sha256_of(clip: Clip) -> str:
    """The digest of the file's content; raises a MediaError where it cannot be read."""
    state = file_state(clip.path)
    try:
        digest = remembered_digest(clip.path, clip.cache)
    except OSError as error:
        raise ReadError(f"the file cannot be read: {error.strerror or error}") from error
    check_state(clip.path, state)
    return digest


def find(clip: Clip, sha256: str, settings: SpeechSettings) -> Found:
    """Stretches of speech, or why there are none."""
    weights = locate_network(SILERO, clip.cache)

    def search() -> Found:
        detector = SpeechDetector(weights.path)
        try:
            turns = _stretches(clip, clip.state(sha256), detector, settings)
        except MediaError as error:
            return Found(clip.media, sha256, VOICE, problem=str(error))
        problem = "" if turns else "no_speech: nobody speaks, as far as can be heard"
        return Found(clip.media, sha256, VOICE, turns, problem)

    return _kept(clip, find_ingredients(sha256, settings, clip.cache), search)


def tell_speakers(clip: Clip, found: Found, settings: SpeechSettings) -> Found:
    """Who speaks in each turn; turns that we found are cut where the voice changes."""
    ingredients = tell_ingredients(found, settings, clip.cache)
    if ingredients is None:
        return found
    weights = [locate_network(network, clip.cache) for network in (VOICES, SILERO)]

    def listen() -> Found:
        from pipeline.features.speech.voices import Voices

        voices, detector = Voices(weights[0].path), SpeechDetector(weights[1].path)
        number = None if settings.number == "auto" else settings.number
        try:
            heard = {
                index: voice
                for index, samples in _samples(clip, found)
                if (voice := hear(samples, voices, detector)) is not None
            }
        except ReadError as error:
            return replace(found, problem=str(error))
        spread, may_cut = voices.space.spread, found.source == VOICE
        turns = tell_voices(found.turns, heard, spread, number, may_cut)
        return replace(found, turns=tuple(turns))

    return _kept(clip, ingredients, listen, found)


def transcribe(clip: Clip, found: Found, settings: SpeechSettings) -> Found:
    """What is said in each turn, where nobody has written it down."""
    if not found.turns or any(turn.text for turn in found.turns):
        return found
    if settings.transcribe == "none":
        remark = "no_text: speech.transcribe is none"
        return replace(found, turns=tuple(replace(turn, remark=remark) for turn in found.turns))
    transcriber = find_transcriber(settings.transcribe, clip.cache)
    ingredients = transcribe_ingredients(found, settings, clip.cache)
    assert ingredients is not None

    def listen() -> Found:
        engine = transcriber.load()
        words = [Words("", None, 0) for _ in found.turns]
        try:
            for index, samples in _samples(clip, found):
                n_pieces = max(1, round(np.ceil(len(samples) / SAMPLE_RATE_HZ / PIECE_S)))
                pieces = np.array_split(samples, n_pieces)
                words[index] = _together([engine.hear(piece) for piece in pieces])
        except ReadError as error:
            return replace(found, problem=str(error))
        least = settings.min_log_probability if transcriber.is_english_only else -np.inf
        return replace(found, turns=tuple(written(found.turns, words, least)))

    return _kept(clip, ingredients, listen, found)


def _stretches(
    clip: Clip, state: FileState, detector: SpeechDetector, settings: SpeechSettings
) -> tuple[Turn, ...]:
    with Decoder() as decoder:
        for samples in Stream(decoder, clip.path, state).passes():
            detector.start()
            heard = [detector.hear(piece) for piece in samples]
    probabilities = np.concatenate([*heard, detector.finish()])
    limits = settings.min_probability, settings.pause_s, settings.longest_s
    return tuple(_turn(stretch, probabilities) for stretch in stretches(probabilities, *limits))


def _turn(stretch: Stretch, probabilities: Probabilities) -> Turn:
    start_s, end_s = map(as_written, stretch.seconds)
    sure = as_written(probabilities[stretch.start : stretch.end].mean())
    return Turn(start_s, end_s, speech_confidence=sure)


def _samples(clip: Clip, found: Found) -> Any:
    """(index, samples) of the turns that have sound; raises a ReadError."""
    spans = [(turn.start_s, turn.end_s) for turn in found.turns]
    with Decoder() as decoder:
        for index, samples in read_spans(decoder, clip.path, spans, clip.state(found.sha256)):
            if isinstance(samples, ReadError):
                raise samples
            if not isinstance(samples, MediaError):
                yield index, samples


def _together(parts: Sequence[Words]) -> Words:
    logs = [(part.mean_log, part.n_tokens) for part in parts if part.mean_log is not None]
    n_tokens = sum(n for _, n in logs)
    mean = sum(log * n for log, n in logs) / n_tokens if n_tokens else None
    return Words(" ".join(filter(None, (part.text for part in parts))), mean, n_tokens)


def _kept(
    clip: Clip,
    ingredients: Mapping[str, Any],
    compute: Callable[[], Found],
    before: Found | None = None,
) -> Found:
    """What a step finds, from the cache where it was found before; failures of now are not kept."""
    cache = SpeechCache(clip.cache)

    kept = cache.get(record_key(ingredients))
    if kept is not None:
        found = from_json(kept)
        notes = found.notes if before is None else (*before.notes, *found.notes)
        source = found.source if before is None else before.source
        return replace(found, media=clip.media, source=source, notes=notes)

    found = compute()
    if not is_for_now(found):
        own = found.notes if before is None else found.notes[len(before.notes) :]
        cache.put(ingredients, asdict(replace(found, media="", notes=own)))
    return found


def is_for_now(found: Found) -> bool:
    """Whether the system failed, so that the next run tries again."""
    return found.problem.startswith(("no_media", "read_error"))


def imported(clip: Clip, sha256: str, source: str, turns: Sequence[Turn], note: str) -> Found:
    """What a file beside the video says."""
    return Found(clip.media, sha256, source, turns_in_order(turns), notes=(note,))
