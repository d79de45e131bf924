"""What a step of speech is kept by: the file's content, what it was given, and all that decides it.

None: the step has nothing to do, since nobody speaks or since it is known already.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipeline.base.files import canonical_json, text_digest
from pipeline.base.provenance import code_digest
from pipeline.config.speech import SpeechSettings
from pipeline.corpora.turns import Found, Turn
from pipeline.features.cache.keys import Ingredients
from pipeline.features.speech.fingerprints import versions_of_step
from pipeline.features.speech.networks import SILERO, VOICES, locate_network
from pipeline.features.speech.transcribers import find_transcriber

STEPS = "pipeline.features.speech.steps"  # its code is part of every key


def find_ingredients(sha256: str, settings: SpeechSettings, cache: Path) -> Ingredients:
    """Where somebody speaks. Raises CheckpointError where weights are missing, as all of these."""
    chosen = _chosen(settings, ("min_probability", "pause_s", "longest_s"))
    return _ingredients("find", sha256, (), chosen, locate_network(SILERO, cache).digest)


def tell_ingredients(found: Found, settings: SpeechSettings, cache: Path) -> Ingredients | None:
    """Who speaks in the turns that were found."""
    is_known = any(turn.speaker for turn in found.turns)
    if not found.turns or settings.speakers == "none" or is_known:
        return None
    chosen = _chosen(settings, ("speakers", "number"))
    weights = " ".join(locate_network(network, cache).digest for network in (VOICES, SILERO))
    return _ingredients("tell", found.sha256, found.turns, chosen, weights)


def transcribe_ingredients(
    found: Found, settings: SpeechSettings, cache: Path
) -> Ingredients | None:
    """What is said in the turns that were found."""
    is_known = any(turn.text for turn in found.turns)
    if not found.turns or settings.transcribe == "none" or is_known:
        return None
    transcriber = find_transcriber(settings.transcribe, cache)
    chosen = {"transcribe": transcriber.name, **_chosen(settings, ("min_log_probability",))}
    digest = transcriber.weights.digest
    shared = _ingredients("transcribe", found.sha256, found.turns, chosen, digest)
    return {**shared, "libraries": versions_of_step(settings.transcribe)}


def _chosen(settings: SpeechSettings, names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in names}


def _ingredients(
    step: str, sha256: str, turns: Sequence[Turn], settings: Mapping[str, Any], weights: str
) -> Ingredients:
    return {
        "step": step,
        "media": sha256,
        "turns": text_digest(canonical_json([asdict(turn) for turn in turns])),
        "settings": dict(settings),
        "weights": weights,
        "libraries": versions_of_step(),
        "code": code_digest(STEPS),
    }
