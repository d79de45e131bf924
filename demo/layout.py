"""The files of the corpus layout but the AVI: transcriptions, EmoEvaluation, WAV (reading.md D.1).

Also two things that trip readers of the real corpus: AppleDouble files (`._name`), and lines of a
transcription that belong to no utterance.
"""

import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

from demo.annotators import Evaluation
from demo.timeline import Performance, SpokenTurn
from pipeline.base.files import atomic_path, write_bytes, write_text

WAV_RATE_HZ = 16_000
HEADER = "% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]\n"
UNTIMED = "M: [LAUGHTER]\n"
APPLE_DOUBLE = bytes.fromhex("0005160700020000") + b"Mac OS X        " + bytes(2)


def session_folder(out: Path, session: int) -> Path:
    """Folder `dialog` of a session."""
    return out / f"Session{session}" / "dialog"


def avi_path(out: Path, performance: Performance) -> Path:
    """Where the video of a dialogue lies."""
    dialogue = performance.dialogue
    folder = session_folder(out, dialogue.session)
    return folder / "avi" / "DivX" / f"{dialogue.dialogue_id}.avi"


def write_transcription(out: Path, performance: Performance) -> None:
    """Write what is said and when; an empty text where none is known."""
    lines = [_transcribe(spoken) for spoken in performance.spoken]
    if any(spoken.turn.label == "" for spoken in performance.spoken):
        lines.append(UNTIMED)
    write_text(_file(out, performance, "transcriptions", "txt"), "".join(lines))


def _transcribe(spoken: SpokenTurn) -> str:
    text = "" if spoken.turn.lack == "text" else spoken.turn.text
    return f"{spoken.turn.utterance_id} [{spoken.start_s:08.4f}-{spoken.end_s:08.4f}]: {text}\n"


def write_evaluation(
    out: Path, performance: Performance, evaluations: dict[str, Evaluation]
) -> None:
    """Write the agreed emotion of each evaluated turn, and what each annotator said."""
    blocks = [HEADER]
    for spoken in performance.spoken:
        evaluation = evaluations.get(spoken.turn.utterance_id)
        if evaluation is not None:
            span = f"[{spoken.start_s:.4f} - {spoken.end_s:.4f}]"
            means = ", ".join(f"{value:.4f}" for value in evaluation.means)
            record = f"{span}\t{spoken.turn.utterance_id}\t{spoken.turn.label}\t[{means}]\n"
            blocks.append(record + "".join(f"{line}\n" for line in evaluation.lines))
    write_text(_file(out, performance, "EmoEvaluation", "txt"), "\n".join(blocks) + "\n")


def write_wav(out: Path, performance: Performance) -> None:
    """Write both channels as 16-bit PCM at 16 kHz; the left channel is the left actor's."""
    sound = _resample(performance.sound, performance.sample_rate_hz)
    path = _file(out, performance, "wav", "wav")
    with atomic_path(path) as temporary, wave.open(str(temporary), "wb") as stream:
        stream.setnchannels(2)
        stream.setsampwidth(2)
        stream.setframerate(WAV_RATE_HZ)
        stream.writeframes(sound.astype("<i2").tobytes())


def _resample(sound: NDArray[np.int16], rate_hz: int) -> NDArray[np.float64]:
    common = int(np.gcd(rate_hz, WAV_RATE_HZ))
    moved = resample_poly(sound.astype(np.float64), WAV_RATE_HZ // common, rate_hz // common)
    return np.asarray(np.clip(moved.round(), -32768, 32767))


def write_strays(out: Path, performance: Performance) -> None:
    """Leave AppleDouble files beside a transcription and a video, as copies from a Mac have."""
    for path in (_file(out, performance, "transcriptions", "txt"), avi_path(out, performance)):
        write_bytes(path.with_name(f"._{path.name}"), APPLE_DOUBLE)


def _file(out: Path, performance: Performance, folder: str, suffix: str) -> Path:
    dialogue = performance.dialogue
    return session_folder(out, dialogue.session) / folder / f"{dialogue.dialogue_id}.{suffix}"
