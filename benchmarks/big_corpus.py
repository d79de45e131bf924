"""A corpus of the size of CMU-MOSEI whose videos are tiny: 3,228 of them, 23,453 utterances.

One clip with moving pictures and sound is made once. Every video is that clip and a box of type
`free` with a number at its end, which players skip: a playable file with a digest of its own.
Utterances of a video do not overlap, and no two have the same text.
"""

import csv
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

MOSEI_VIDEOS, MOSEI_UTTERANCES = 3_228, 23_453
SECONDS, FPS, RATE_HZ, SIDE_PX = 6, 5, 16_000, 64
SPAN_S, PERIOD_S = 0.25, 0.3
WORDS = ("never", "thought", "that", "would", "end", "here", "again", "my", "friend", "good")
HEADER = ("utterance_id", "dialogue_id", "media", "start_s", "end_s", "text", "sentiment", "split")

Row = tuple[str, str, str, float, float, str, float, str]


class BigCorpus:
    """Videos below `root` and the table beside them."""

    def __init__(self, root: Path, n_videos: int, n_utterances: int) -> None:
        self.root, self.n_videos, self.n_utterances = root, n_videos, n_utterances
        root.mkdir(parents=True)
        self._clip = _make_clip(root / "clip.mp4")
        (root / "clip.mp4").unlink()
        self._rows: list[Row] = []
        for number in range(n_videos):
            n_rows = (number + 1) * n_utterances // n_videos - number * n_utterances // n_videos
            self._add(number, n_rows)
        self._write_table()

    def add_video(self, n_rows: int) -> None:
        """One more video."""
        self._add(self.n_videos, n_rows)
        self.n_videos += 1
        self._write_table()

    def encode_again(self, number: int) -> None:
        """Another file of the same name: other bytes, the same sound."""
        self._path(number).write_bytes(self._clip + _free_box(f"again {number}"))

    def _path(self, number: int) -> Path:
        return self.root / f"{number % 64:02d}" / f"video{number:05d}.mp4"

    def _add(self, number: int, n_rows: int) -> None:
        path = self._path(number)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(self._clip + _free_box(str(number)))
        rng = np.random.default_rng(number)
        split = ("train", "train", "train", "validation", "test")[number % 5]
        for k in range(n_rows):
            name = f"video{number:05d}"
            start_s = round(k * PERIOD_S, 3)
            text = f"{number} {' '.join(rng.choice(WORDS, 6))} {k}"
            media = str(path.relative_to(self.root))
            sentiment = round(float(rng.uniform(-3, 3)), 2)
            row = (f"{name}_{k}", name, media, start_s, start_s + SPAN_S, text, sentiment, split)
            self._rows.append(row)

    def _write_table(self) -> None:
        with (self.root / "utterances.csv").open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows([HEADER, *self._rows])


def _make_clip(path: Path) -> bytes:
    """H.264 and AAC in MP4, some 20 kB."""
    rng = np.random.default_rng(0)
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=FPS)
        video.width, video.height, video.pix_fmt = SIDE_PX, SIDE_PX, "yuv420p"
        voice = container.add_stream("aac", rate=RATE_HZ, layout="mono")

        for k in range(SECONDS * FPS):
            picture = np.full((SIDE_PX, SIDE_PX, 3), 8 * k, np.uint8)
            frame = av.VideoFrame.from_ndarray(picture, "rgb24")
            frame.pts, frame.time_base = k, Fraction(1, FPS)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))

        samples = rng.normal(0, 3000, SECONDS * RATE_HZ).astype(np.int16)
        sound = av.AudioFrame.from_ndarray(samples[None], "s16", "mono")
        sound.sample_rate, sound.pts, sound.time_base = RATE_HZ, 0, Fraction(1, RATE_HZ)
        container.mux(voice.encode(sound))
        container.mux(voice.encode(None))
    return path.read_bytes()


def _free_box(text: str) -> bytes:
    """A box that players skip."""
    return (8 + len(text)).to_bytes(4, "big") + b"free" + text.encode()
