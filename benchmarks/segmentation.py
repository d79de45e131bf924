"""How well speech, speakers and words are found: against known turns, and against turns by hand.

    python -m benchmarks.segmentation [--hand FOLDER] [--pairs N] [--voices A B] [--seed N]

Made dialogues: two voices of espeak-ng (synthetic) that take turns of one or two sentences, with
pauses of 0.15 to 1.0 s ("apart") or 0.02 to 0.3 s ("close"); the same voice twice tells whether one
speaker stays one. FOLDER: an utterances.csv of a person with its media; the files of a dialogue are
joined, each a speaker's (of the column `speaker`).

Rates are shares of the reference's seconds of speech, by frames of 10 ms without a collar: miss,
false alarm, speaker error (after the best one-to-one naming), their sum DER. Word error: the least
number of words to insert, delete and exchange, over the reference's words.
"""

import argparse
import csv
import wave
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from demo.lines import LINES
from demo.moods import Prosody
from demo.speech import VOICES, Synthesizer
from pipeline.config.speech import SpeechSettings
from pipeline.corpora.turns import Found, Turn
from pipeline.features.speech.sound import Stream
from pipeline.features.speech.steps import Clip, find, sha256_of, tell_speakers, transcribe
from pipeline.media.decoder import Decoder
from pipeline.media.state import file_state

FRAMES_PER_S = 100
RATE_HZ = 16000
PAUSES = {"apart": (0.15, 1.0), "close": (0.02, 0.3)}
PAIRS = [*zip(VOICES["F"], VOICES["M"], strict=True), (VOICES["F"][0], VOICES["F"][3])]
N_TURNS = 14


class Rates(NamedTuple):
    """Shares of the seconds of speech in the reference."""

    miss: float
    false_alarm: float
    speaker: float

    @property
    def der(self) -> float:
        """Diarization error rate."""
        return sum(self)


def diarization(reference: Sequence[Turn], found: Sequence[Turn]) -> Rates:
    """Errors of `found`; a frame counts once for each person who speaks there."""
    n_frames = round(FRAMES_PER_S * max([turn.end_s for turn in (*reference, *found)], default=0))
    said, heard = (_frames(turns, n_frames) for turns in (reference, found))
    n_said, n_heard = said.sum(axis=0), heard.sum(axis=0)
    total = n_said.sum()
    shared = said.astype(np.int64) @ heard.T.astype(np.int64)
    right = shared[linear_sum_assignment(-shared)].sum()
    miss = np.maximum(n_said - n_heard, 0).sum()
    false_alarm = np.maximum(n_heard - n_said, 0).sum()
    speaker = np.minimum(n_said, n_heard).sum() - right
    return Rates(*(float(errors / total) for errors in (miss, false_alarm, speaker)))


def word_error(reference: str, found: str) -> float:
    """Edits per word of the reference; letters and digits count, their case does not."""
    said, heard = _words(reference), _words(found)
    row = np.arange(len(heard) + 1)
    for number, word in enumerate(said, start=1):
        before, row = row, np.full(len(heard) + 1, number)
        for place, other in enumerate(heard, start=1):
            exchanged = before[place - 1] + (word != other)
            row[place] = min(exchanged, before[place] + 1, row[place - 1] + 1)
    return float(row[-1] / len(said))


def _words(text: str) -> list[str]:
    kept = [sign for sign in text.casefold().replace("-", " ") if sign.isalnum() or sign == " "]
    return "".join(kept).split()


def _frames(turns: Sequence[Turn], n_frames: int) -> NDArray[np.bool_]:
    """(speakers, frames): who speaks when."""
    names = list(dict.fromkeys(turn.speaker for turn in turns))
    frames = np.zeros((len(names), n_frames), np.bool_)
    for turn in turns:
        start, end = (round(FRAMES_PER_S * time) for time in (turn.start_s, turn.end_s))
        frames[names.index(turn.speaker), start:end] = True
    return frames


def made_dialogue(
    path: Path, voices: Sequence[str], pauses: tuple[float, float], seed: int
) -> list[Turn]:
    """Write a dialogue of two voices with a little noise; its turns."""
    rng, synthesizer = np.random.default_rng(seed), Synthesizer()
    rate = synthesizer.sample_rate_hz

    lines = [line for lines in LINES.values() for line in lines]
    parts, turns, time = [], [], 0.0

    for number in range(N_TURNS):
        speaker = (number + (rng.random() < 0.2)) % 2
        text = " ".join(rng.choice(lines, 2 if rng.random() < 0.3 else 1))
        quiet = np.zeros(round(rng.uniform(*pauses) * rate))
        prosody = Prosody(rate_wpm=165, pitch=50, pitch_range=50, volume=80)
        samples = synthesizer.say(text, voices[speaker], prosody)

        time += len(quiet) / rate
        end_s = time + len(samples) / rate
        turns.append(Turn(time, end_s, voices[speaker], text))
        parts += [quiet, samples]
        time = end_s

    joined = np.concatenate([*parts, np.zeros(rate // 2)])
    _write(path, joined + rng.normal(0, 30, len(joined)), rate)
    return turns


def joined_dialogues(folder: Path, out: Path) -> Iterator[tuple[str, list[Turn]]]:
    """Write each dialogue of a table with its files one behind the other; its turns."""
    with (folder / "utterances.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))

    for dialogue in dict.fromkeys(row["dialogue_id"] for row in rows):
        own = [row for row in rows if row["dialogue_id"] == dialogue]

        parts, turns, time = [], [], 0.0
        for media in dict.fromkeys(row["media"] for row in own):
            samples = _samples(folder / media)
            for row in (row for row in own if row["media"] == media):
                start_s, end_s = time + float(row["start_s"]), time + float(row["end_s"])
                turns.append(Turn(start_s, end_s, row["speaker"], row["text"]))
            parts.append(samples)
            time += len(samples) / RATE_HZ

        _write(out / f"{dialogue}.wav", 32768 * np.concatenate(parts), RATE_HZ)
        yield dialogue, turns


def _samples(path: Path) -> NDArray[np.float32]:
    heard: list[NDArray[np.float32]] = []
    with Decoder() as decoder:
        for samples in Stream(decoder, path, file_state(path)).passes():
            heard = list(samples)
    return np.concatenate(heard)


def _write(path: Path, samples: NDArray[np.floating], rate_hz: int) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(np.clip(samples, -32768, 32767).astype("<i2").tobytes())


def _found(folder: Path, media: str, number: int | None) -> Found:
    clip = Clip(folder, media, (), folder / "cache")
    settings = SpeechSettings(number="auto" if number is None else number)
    spans = find(clip, sha256_of(clip), settings)
    return transcribe(clip, tell_speakers(clip, spans, settings), settings)


def _told(name: str, reference: Sequence[Turn], found: Found) -> Rates:
    rates = diarization(reference, found.turns)
    texts = (" ".join(turn.text for turn in turns) for turns in (reference, found.turns))
    n_heard = len({turn.speaker for turn in found.turns})
    print(
        f"{name:44} {rates.miss:6.1%} {rates.false_alarm:6.1%} {rates.speaker:6.1%} "
        f"{rates.der:6.1%} {word_error(*texts):6.1%} {n_heard:3} {len(found.turns):3} "
        f"of {len(reference)}",
        flush=True,
    )
    return rates


def main() -> None:
    """Print a row for each dialogue and the means of the made ones."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--hand", type=Path, help="folder with utterances.csv of a person")
    parser.add_argument("--pairs", type=int, default=len(PAIRS), help="made pairs of voices")
    parser.add_argument("--voices", nargs=2, help="one pair of espeak-ng's voices instead")
    parser.add_argument("--seed", type=int, default=0, help="of the first pair's dialogue")
    args = parser.parse_args()
    pairs = [tuple(args.voices)] if args.voices else PAIRS[: args.pairs]

    print(f"{'':44}   miss  alarm  speak    DER  words who turns")
    with TemporaryDirectory() as name:
        folder = Path(name)
        for kind, pauses in PAUSES.items():
            for number in (None, 2):
                told = "auto" if number is None else str(number)
                rates = []
                for seed, voices in enumerate(pairs, start=args.seed):
                    media = f"{kind}{seed}.wav"
                    reference = made_dialogue(folder / media, voices, pauses, seed)
                    found = _found(folder, media, number)
                    rates.append(_told(f"{kind} {told} {' '.join(voices)}", reference, found))

                mean = np.mean(rates, axis=0)
                print(
                    f"{kind}, number {told}: mean DER {mean.sum():.1%}, worst "
                    f"{max(rate.der for rate in rates):.1%}"
                )

        voices = (PAIRS[0][0], PAIRS[0][0])
        reference = made_dialogue(folder / "one.wav", voices, PAUSES["apart"], 0)
        _told(f"one voice auto {voices[0]}", reference, _found(folder, "one.wav", None))

        for dialogue, turns in joined_dialogues(args.hand, folder) if args.hand else ():
            n_speakers = len({turn.speaker for turn in turns})
            for given in (None, n_speakers):
                found = _found(folder, f"{dialogue}.wav", given)
                _told(f"{dialogue} {'auto' if given is None else given}", turns, found)


if __name__ == "__main__":
    main()
