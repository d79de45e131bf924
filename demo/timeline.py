"""Waveforms of a dialogue's turns -> when each turn is, and the sound of both channels.

Turns follow each other with a pause; each span holds a little silence before and after the words,
so that sound of one turn never reaches the span of the next. Left channel = left actor (reading.md
D.1).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from demo.script import Dialogue, ScriptTurn
from demo.speech import Synthesizer, Waveform, voice_of

LEAD_S = 0.5  # silence at both ends of a recording
PAD_S = 0.08  # silence inside a span, before and after the words
PAUSES_S = (0.10, 0.30)  # between spans


@dataclass(frozen=True)
class SpokenTurn:
    """A turn with its span in the recording. `waveform` is what was said, recorded or not."""

    turn: ScriptTurn
    start_s: float  # whole tenths of milliseconds, as the corpus writes them
    end_s: float
    waveform: Waveform


@dataclass(frozen=True)
class Performance:
    """A dialogue as it was spoken. `sound`: (n_samples, 2), left and right; silent = all zero."""

    dialogue: Dialogue
    spoken: tuple[SpokenTurn, ...]
    sound: NDArray[np.int16]
    sample_rate_hz: int

    @property
    def duration_s(self) -> float:
        """Length of the recording."""
        return len(self.sound) / self.sample_rate_hz


def perform(dialogue: Dialogue, rng: np.random.Generator) -> Performance:
    """Speak all turns of a dialogue, in order, with a synthesizer of its own."""
    synthesizer = Synthesizer()
    rate_hz = synthesizer.sample_rate_hz
    spoken: list[SpokenTurn] = []
    now_s = LEAD_S
    for turn in dialogue.turns:
        voice = voice_of(turn.speaker, dialogue.session)
        waveform = synthesizer.say(turn.text, voice, turn.prosody)
        start_s = round(now_s, 4)
        end_s = round(start_s + len(waveform) / rate_hz + 2 * PAD_S, 4)
        spoken.append(SpokenTurn(turn, start_s, end_s, waveform))
        now_s = end_s + float(rng.uniform(*PAUSES_S))

    sound = np.zeros((round((now_s + LEAD_S) * rate_hz), 2), np.int16)
    for said in spoken:
        if said.turn.lack != "sound":
            start = round((said.start_s + PAD_S) * rate_hz)
            channel = 0 if said.turn.speaker == dialogue.marked else 1
            sound[start : start + len(said.waveform), channel] = said.waveform
    return Performance(dialogue, tuple(spoken), sound, rate_hz)
