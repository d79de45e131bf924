"""Faces on a GPU: the stage against decoding alone, and against a picture at a time.

Clips of a portrait that sways before a wall are made here and looked at five times a second; the
detector sees them 480 pixels wide. `decoding alone` reads the same frames with as many decoders as
the stage, and lets them go; `picture by picture` is the cascade that CPUs use, on this device; `at
most` is its first network alone, on the pyramids of a batch that lies on the device.

    python -m benchmarks.gpu --parts faces [--small]
"""

import contextlib
import io
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import cv2
import numpy as np
import torch
from facenet_pytorch.models.mtcnn import ONet, PNet, RNet
from matplotlib import get_data_path
from numpy.typing import NDArray

from pipeline.base.files import file_digest
from pipeline.base.records import FaceRow, Utterance
from pipeline.base.tables import read_rows, write_rows
from pipeline.config.faces import CropFacesSettings
from pipeline.config.settings import dump
from pipeline.media.arrays import Picture
from pipeline.media.batched_cascade import BatchedCascade, rows_of
from pipeline.media.cascade import PROPOSE, Cascade, scales_of
from pipeline.media.decoder import Decoder
from pipeline.media.decoders import decoding_each
from pipeline.media.frame_service import decode_frames
from pipeline.media.grid import Span
from pipeline.stages import crop_faces

WIDTH, HEIGHT, FPS = 480, 270, 25  # what the detector sees
SIZES = ((WIDTH, HEIGHT), (1280, 720))  # of clips
SPAN_S = 4.0
N_GRAINS = 5  # noise that no two frames in a row share
MOST_DECODERS = 8
PORTRAIT = "sample_data/grace_hopper.jpg"


class Clips:
    """Copies of one clip; their utterances begin a little later in each, so that none is known."""

    def __init__(self, folder: Path, n_files: int, seconds: int, size: tuple[int, int]) -> None:
        self.folder = folder
        self.spans: dict[str, list[Span]] = {}
        first = folder / "0.mp4"
        write_clip(first, seconds, size)

        utterances, media = [], {}
        for number in range(n_files):
            name = f"{number}.mp4"
            if number:
                shutil.copyfile(first, folder / name)
            starts_s = np.arange(0, seconds - SPAN_S / 2, SPAN_S) + number / 1000
            self.spans[name] = [(float(s), float(s + SPAN_S)) for s in starts_s]
            media[name] = {"size": first.stat().st_size, "sha256": file_digest(first)}
            for k, (start_s, end_s) in enumerate(self.spans[name]):
                row = (f"{number}_{k}", "talk", 0, "s", "1", name, start_s, end_s, "full", "")
                utterances.append(Utterance(*row))

        write_rows(folder / "utterances.csv", utterances, Utterance)
        (folder / "media.json").write_text(json.dumps(media), encoding="utf-8")

    def crop(self, device: torch.device, threads: int) -> int:
        """The stage, nothing cached; how many frames it looked at."""
        settings = CropFacesSettings(which_face="single")
        with tempfile.TemporaryDirectory(dir=self.folder) as cache:
            arguments = [
                *("--utterances", str(self.folder / "utterances.csv")),
                *("--media", str(self.folder / "media.json"), "--root", str(self.folder)),
                *("--settings", json.dumps(dump(settings)), "--cache", cache),
                *("--device", device.type, "--threads", str(threads)),
                *("--out", str(self.folder / "faces.csv")),
            ]
            with contextlib.redirect_stdout(None), contextlib.redirect_stderr(io.StringIO()):
                crop_faces.main(arguments)
        return sum(row.n_frames for row in read_rows(self.folder / "faces.csv", FaceRow))

    def decode(self, n_decoders: int) -> int:
        """All frames that the stage looks at; how many there are."""
        fps = CropFacesSettings().fps

        def count(decoder: Decoder, name: str) -> int:
            frames = decode_frames(decoder, self.folder / name, self.spans[name], fps)
            return sum(len(frame.spans) for frame in frames)

        return sum(decoding_each(count, list(self.spans), n_decoders))


def measure(device: torch.device, small: bool = False) -> list[str]:
    """Measure all of it; the lines, which are printed as they come."""
    lines: list[str] = []

    def say(line: str) -> None:
        print(line, flush=True)
        lines.append(line)

    torch.set_num_threads(1)
    n_decoders = max(1, min(MOST_DECODERS, os.cpu_count() or 1))
    for size in SIZES[:1] if small else SIZES:
        n_files, seconds = (2, 4) if small else (8 * n_decoders, 20)
        say(f"faces: {n_files} clips of {seconds} s, {size[0]} x {size[1]}, {n_decoders} decoders")
        for line in compare_stage(device, n_files, seconds, size, n_decoders):
            say(line)

    n_pictures = 2 if small else rows_of(HEIGHT, WIDTH)
    pictures = [scene(k / 5, (WIDTH, HEIGHT)) for k in range(n_pictures)]
    for line in compare_cascades(pictures, device, n_rounds=1 if small else 10):
        say(line)
    return lines


def compare_stage(
    device: torch.device, n_files: int, seconds: int, size: tuple[int, int], n_decoders: int
) -> list[str]:
    """Decoding alone, and the stage, which is started once before for nothing."""
    with tempfile.TemporaryDirectory() as few, tempfile.TemporaryDirectory() as many:
        Clips(Path(few), 1, 2, size).crop(device, n_decoders)
        clips = Clips(Path(many), n_files, seconds, size)
        decoded = per_second(lambda: clips.decode(n_decoders))
        cropped = per_second(lambda: clips.crop(device, n_decoders))
    share = cropped / decoded
    return [
        f"  decoding alone        {decoded:8.0f} frames/s",
        f"  the stage             {cropped:8.0f} frames/s, {share:.2f} x decoding alone",
    ]


def compare_cascades(pictures: list[Picture], device: torch.device, n_rounds: int) -> list[str]:
    """Picture by picture, in batches, and the first network alone."""
    min_face_px = CropFacesSettings().min_face_px
    networks = PNet(), RNet(), ONet()
    batched = BatchedCascade(*networks, device)
    single = Cascade(PNet(), RNet(), ONet(), device)

    def in_batches() -> int:
        for _ in range(n_rounds):
            batched(pictures, min_face_px)
        return n_rounds * len(pictures)

    def one_by_one() -> int:
        for picture in pictures:
            single(picture, min_face_px)
        return len(pictures)

    levels = [
        torch.rand(rows_of(HEIGHT, WIDTH), 3, int(HEIGHT * s + 1), int(WIDTH * s + 1)).to(device)
        for s in scales_of(HEIGHT, WIDTH, min_face_px)
    ]

    @torch.inference_mode()
    def first_network() -> int:
        for _ in range(n_rounds):
            for level in levels:
                networks[PROPOSE](level)
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        return n_rounds * len(levels[0])

    speeds = []
    for way in (in_batches, one_by_one, first_network):
        way()
        speeds.append(per_second(way))
    fast, slow, least = speeds
    return [
        f"  the cascade, batches  {fast:8.0f} frames/s, {fast / slow:.1f} x picture by picture",
        f"  picture by picture    {slow:8.0f} frames/s",
        f"  its first network     {least:8.0f} frames/s at most",
    ]


def per_second(way: Callable[[], int]) -> float:
    """How much of what `way` counts is done in a second."""
    start_s = time.perf_counter()
    return way() / (time.perf_counter() - start_s)


def write_clip(path: Path, seconds: int, size: tuple[int, int]) -> None:
    """H.264 in MP4 with a key frame every 10 s, as encoders have by default."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=FPS, options={"preset": "veryfast"})
        (video.width, video.height), video.pix_fmt = size, "yuv420p"
        for k in range(seconds * FPS):
            frame = av.VideoFrame.from_ndarray(scene(k / FPS, size), "rgb24")
            frame.pts, frame.time_base = k, Fraction(1, FPS)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))


def scene(time_s: float, size: tuple[int, int]) -> Picture:
    """The portrait before a wall made of itself, where it is at a time."""
    wall, portrait, grains = _props(size)
    height, width = portrait.shape[:2]
    x = round(size[0] * (0.33 + 0.12 * np.sin(time_s)))
    y = round(size[1] * (0.13 + 0.08 * np.sin(1.7 * time_s)))
    picture = wall.copy()
    picture[y : y + height, x : x + width] = portrait
    shown: Picture = cv2.add(picture, grains[round(time_s * FPS) % N_GRAINS], dtype=cv2.CV_8U)
    return shown


@cache
def _props(size: tuple[int, int]) -> tuple[Picture, Picture, list[NDArray[np.int16]]]:
    """Wall, portrait and noise for pictures of a size."""
    path = Path(get_data_path(), PORTRAIT)
    portrait = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
    wall = cv2.GaussianBlur(cv2.resize(portrait, size), (0, 0), size[0] / 50)
    rng = np.random.default_rng(0)
    grains = [rng.integers(-5, 6, wall.shape, np.int16) for _ in range(N_GRAINS)]
    return wall, cv2.resize(portrait, (round(0.35 * size[0]), round(0.74 * size[1]))), grains
