"""Talks to measure with: a portrait that sways before a wall, noise that rises and falls, words.

An utterance of 2 to 4 s every 4 s, as in a conversation; H.264 and AAC in MP4, a key frame
every 10 s as encoders do by default. The same on every machine.
"""

import csv
import json
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.base.files import file_digest
from pipeline.base.records import Utterance
from pipeline.base.tables import write_rows
from tests.pipeline.clips import portraits, sound_frames

WIDTH, HEIGHT, FPS = 640, 360, 25
RATE_HZ = 44100
PERIOD_S = 4.0
WORDS = ("never", "thought", "that", "it", "would", "end", "here", "again", "my", "friend")


@dataclass(frozen=True)
class Talks:
    """A small corpus on disk, as the stages want it."""

    root: Path
    utterances: list[Utterance]
    table: Path
    media: Path


def make_talks(folder: Path, n_videos: int, seconds: int) -> Talks:
    """Make `n_videos` of `seconds` each in `folder`."""
    rng = np.random.default_rng(0)
    utterances = []
    for v in range(n_videos):
        _write(folder / f"talk{v}.mp4", seconds, rng)
        for k, start_s in enumerate(np.arange(0, seconds - PERIOD_S, PERIOD_S)):
            text = " ".join(rng.choice(WORDS, rng.integers(4, 30)))
            end_s = start_s + rng.uniform(2.0, 3.9)
            utterances.append(_utterance(f"talk{v}_{k}", f"talk{v}.mp4", start_s, end_s, text))
    return _tables(folder, folder, utterances)


def read_talks(folder: Path, root: Path) -> Talks:
    """The corpus of a folder with `utterances.csv` beside its videos; tables go to `folder`."""
    with (root / "utterances.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    utterances = [
        _utterance(
            row["utterance_id"],
            row["media"],
            float(row["start_s"]),
            float(row["end_s"]),
            row["text"],
        )
        for row in rows
    ]
    return _tables(folder, root, utterances)


def _utterance(name: str, media: str, start_s: float, end_s: float, text: str) -> Utterance:
    start_s, end_s = round(float(start_s), 3), round(float(end_s), 3)
    return Utterance(name, "talks", 0, "speaker", "1", media, start_s, end_s, "full", text)


def _tables(folder: Path, root: Path, utterances: list[Utterance]) -> Talks:
    files = {utterance.media: root / utterance.media for utterance in utterances}
    digests = {
        name: {"size": path.stat().st_size, "sha256": file_digest(path)}
        for name, path in files.items()
    }
    talks = Talks(root, utterances, folder / "utterances.csv", folder / "media.json")
    write_rows(talks.table, utterances, Utterance)
    talks.media.write_text(json.dumps(digests), encoding="utf-8")
    return talks


def _write(path: Path, seconds: int, rng: np.random.Generator) -> None:
    wall, speaker = portraits()
    wall = cv2.GaussianBlur(cv2.resize(wall, (WIDTH, HEIGHT)), (0, 0), 9)
    speaker = cv2.resize(speaker, (220, 220))

    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=FPS, options={"preset": "veryfast"})
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        voice = container.add_stream("aac", rate=RATE_HZ, layout="stereo")

        for k in range(seconds * FPS):
            picture = _picture(wall, speaker, k / FPS, rng)
            frame = av.VideoFrame.from_ndarray(picture, "rgb24")
            frame.pts, frame.time_base = k, Fraction(1, FPS)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))

        sound = (_noise(seconds, rng) * 2**14).astype(np.int16)
        for frame in [*sound_frames(sound, RATE_HZ, "s16", "stereo"), None]:
            container.mux(voice.encode(frame))


def _picture(
    wall: NDArray[np.uint8], speaker: NDArray[np.uint8], time_s: float, rng: np.random.Generator
) -> NDArray[np.uint8]:
    x = 210 + round(80 * np.sin(time_s))
    y = 70 + round(30 * np.sin(1.7 * time_s))
    picture = wall.copy()
    picture[y : y + 220, x : x + 220] = speaker
    grain = rng.integers(-5, 6, picture.shape, dtype=np.int16)
    return np.clip(picture + grain, 0, 255).astype(np.uint8)


def _noise(seconds: int, rng: np.random.Generator) -> NDArray[np.float64]:
    times_s = np.arange(seconds * RATE_HZ) / RATE_HZ
    loudness = 0.5 + 0.5 * np.sin(2 * np.pi * 3 * times_s)
    return np.clip(rng.normal(0, 0.2, (2, len(times_s))), -1, 1) * loudness
