"""Made dialogues: two voices of espeak-ng with known turns, written as a sound file."""

import wave
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from demo.moods import Prosody
from demo.speech import Synthesizer

EVEN = Prosody(rate_wpm=165, pitch=50, pitch_range=50, volume=80)
Said = tuple[float, float, str, str]  # start, end, voice, text


def write_wave(path: Path, samples: np.ndarray, rate_hz: int) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(np.clip(samples, -32768, 32767).astype("<i2").tobytes())


@pytest.fixture(scope="session")
def speak() -> Callable[[Path, Sequence[tuple[str, str]], float], list[Said]]:
    """Write (voice, text) one after the other with pauses; return what is said when."""

    def write(path: Path, lines: Sequence[tuple[str, str]], pause_s: float) -> list[Said]:
        synthesizer = Synthesizer()
        rate = synthesizer.sample_rate_hz
        quiet = np.zeros(round(pause_s * rate))
        parts, said, time = [quiet], [], len(quiet) / rate
        for voice, text in lines:
            samples = synthesizer.say(text, voice, EVEN)
            said.append((time, time + len(samples) / rate, voice, text))
            parts += [samples, quiet]
            time += (len(samples) + len(quiet)) / rate
        noise = np.random.default_rng(0).normal(0, 30, sum(map(len, parts)))
        write_wave(path, np.concatenate(parts) + noise, rate)
        return said

    return write
