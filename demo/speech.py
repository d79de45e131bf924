"""Text to waveform by espeak-ng: int16 mono at the library's own rate (22,050 Hz).

espeak-ng is free software under GPL-3. The `espeakng-loader` wheel carries it; only this module
loads it, and only to make the demo corpus. Nothing of it becomes part of this project's code.

The library keeps state between phrases (oscillator phases), so the same phrase sounds slightly
different the second time. A `Synthesizer` therefore loads a private copy of the library, with
state of its own: its phrases depend on those that it spoke before, and on nothing else.
"""

import ctypes
import shutil
import tempfile

import espeakng_loader
import numpy as np
from numpy.typing import NDArray

from demo.moods import Prosody

Waveform = NDArray[np.int16]  # (n_samples,)

VOICES = {
    "F": ("en-us+f2", "en+f3", "en-us+f4", "en-gb-x-rp+f1", "en-us+f5"),
    "M": ("en-us+m3", "en+m1", "en-us+m7", "en-gb-x-rp+m2", "en-us+m4"),
}
# Numbers of speak_lib.h: output mode, initialization option, encoding, parameters.
SYNCHRONOUS, DONT_EXIT, UTF8 = 0x02, 0x8000, 1
RATE, VOLUME, PITCH, RANGE = 1, 2, 3, 4
QUIET = 100  # sample values below are silence before and after the words
_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)


class SpeechError(RuntimeError):
    """espeak-ng refused to work."""


def voice_of(letter: str, session: int) -> str:
    """The voice of speaker `letter` in `session` (1 to 5)."""
    return VOICES[letter][(session - 1) % 5]


def _load_private_copy() -> ctypes.CDLL:
    with tempfile.TemporaryDirectory() as folder:
        path = shutil.copy(espeakng_loader.get_library_path(), folder)
        try:
            return ctypes.CDLL(path)
        except OSError as error:
            raise SpeechError(
                f"espeak-ng cannot be loaded from {folder}: {error}; if programs may not run "
                "from there, let TMPDIR name a folder where they may"
            ) from error


class Synthesizer:
    """One private espeak-ng. Make a new one for each dialogue."""

    def __init__(self) -> None:
        self._library = _load_private_copy()
        data = espeakng_loader.get_data_path().encode()
        self.sample_rate_hz: int = self._library.espeak_Initialize(SYNCHRONOUS, 0, data, DONT_EXIT)
        if self.sample_rate_hz <= 0:
            raise SpeechError(f"espeak-ng finds no usable voice data in {data.decode()!r}")
        self._pieces: list[bytes] = []
        self._callback = _Callback(self._receive)  # kept: the library holds only a pointer
        self._library.espeak_SetSynthCallback(self._callback)

    def say(self, text: str, voice: str, prosody: Prosody) -> Waveform:
        """Speak `text`; silence before the first and after the last sound is cut off."""
        self._pieces.clear()
        self._library.espeak_ng_SetRandSeed(ctypes.c_long(1))
        self._check(self._library.espeak_SetVoiceByName(voice.encode()), f"voice {voice!r}")
        for number, value in (
            (RATE, prosody.rate_wpm),
            (VOLUME, prosody.volume),
            (PITCH, prosody.pitch),
            (RANGE, prosody.pitch_range),
        ):
            self._check(self._library.espeak_SetParameter(number, round(value), 0), str(prosody))

        spoken = text.encode() + b"\0"
        size = ctypes.c_size_t(len(spoken))
        status = self._library.espeak_Synth(spoken, size, 0, 0, 0, UTF8, None, None)
        self._check(status, f"text {text!r}")

        waveform = np.frombuffer(b"".join(self._pieces), np.int16)
        loud = np.flatnonzero(np.abs(waveform.astype(np.int32)) > QUIET)
        if not len(loud):
            raise SpeechError(f"espeak-ng: {text!r} gave no sound with voice {voice!r}")
        return waveform[loud[0] : loud[-1] + 1].copy()

    def _receive(self, samples: "ctypes._Pointer[ctypes.c_short]", n: int, _events: int) -> int:
        if n > 0:
            self._pieces.append(ctypes.string_at(samples, 2 * n))
        return 0  # go on

    @staticmethod
    def _check(status: int, what: str) -> None:
        if status != 0:
            raise SpeechError(f"espeak-ng refuses {what} (status {status})")
