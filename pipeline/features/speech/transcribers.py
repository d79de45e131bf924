"""Transcribers by name: where their weights lie, and how they are loaded."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pipeline.config.speech import HF
from pipeline.features.cache.extractor import Weights
from pipeline.features.speech.fingerprints import folder_digest
from pipeline.features.speech.networks import MOONSHINE, locate_network
from pipeline.features.speech.words import Words
from pipeline.media.arrays import Waveform


class Engine(Protocol):
    """Hears a piece of sound, mono at 16 kHz, and writes it down."""

    def hear(self, samples: Waveform) -> Words:
        """What is said there."""


@dataclass(frozen=True)
class Transcriber:
    """A transcriber that is on this machine, not yet loaded."""

    name: str  # without a place: a folder that moves is the same
    weights: Weights
    is_english_only: bool
    load: Callable[[], Engine]


def find_transcriber(name: str, cache: Path) -> Transcriber:
    """The transcriber of `speech.transcribe`; CheckpointError where its weights are missing."""
    if name.startswith(HF):
        folder = Path(name.removeprefix(HF))
        found = Weights(folder, folder_digest(folder, cache))

        def load_folder() -> Engine:
            from pipeline.features.speech.whisper import load_whisper

            return load_whisper(folder)

        return Transcriber("hf", found, False, load_folder)

    def load() -> Engine:
        from pipeline.features.speech.moonshine import Moonshine

        return Moonshine(weights.path)

    weights = locate_network(MOONSHINE, cache)
    return Transcriber(name, weights, True, load)
