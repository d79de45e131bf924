"""Whose mouth speaks: how often it is told, and rightly, on clips of single talking people.

    python -m benchmarks.two_shots FOLDER

FOLDER: an utterances.csv of a person with its media, one face in each. Every utterance is played
beside every other clip, as if both sat in one picture: its own mouth and sound, the other's mouth
without its sound. `talks`: the other clip as it is, the hardest case, for nobody listens so.
`held`, `sways`, `shakes`, `nods`: one frame of the other, moved with noise (synthetic listeners).
"""

import argparse
import csv
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from pipeline.config.faces import CropFacesSettings
from pipeline.features.faces.detecting import detector_of
from pipeline.features.faces.second_look import LOOKS_PER_S, Person, person_of
from pipeline.media.cutting import cut_sound
from pipeline.media.face_choice import steadiest, tracks_of
from pipeline.media.faces import in_pixels_of, shrink
from pipeline.media.loudness import Loudness, loudness_of
from pipeline.media.mouths import Mouth, MouthWatch
from pipeline.media.video import sample_frames
from pipeline.media.who_speaks import speaking

FPS = 5.0
STARTS = 4  # places of the other clip from which it is played
LISTENS_S = 10
NOISE = 3.0  # levels

Pose = tuple[float, float, float, float]  # across, down (shares of the face), degrees, height
POSES: dict[str, Callable[[float], Pose]] = {
    "held": lambda s: (0, 0, 0, 1),
    "sways": lambda s: (0.03 * _wave(0.4, s), 0.02 * _wave(0.3, s), 3 * _wave(0.35, s), 1),
    "shakes": lambda s: (0.08 * _wave(2, s), 0, 0, 1),
    "nods": lambda s: (0, 0.08 * _wave(1.5, s), 0, 1 + 0.08 * _wave(1.5, s)),
}


@dataclass(frozen=True)
class Clip:
    """A talking person: the mouth of the whole clip, its sound, and listeners made of a frame."""

    mouths: list[Mouth]
    loudness: Loudness
    listeners: dict[str, list[Mouth]]


def main() -> None:
    """Read the command line, watch all clips, print how often the speaker is told."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    with (folder / "utterances.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))

    detector = detector_of(CropFacesSettings(), "cpu")
    clips = {}
    for media in dict.fromkeys(row["media"] for row in rows):
        clips[media] = watched(folder / media, detector)
    print("listener   pairs   told rightly   told wrongly   ambiguous")
    for kind in ("talks", *POSES):
        right, wrong, n = np.sum([counts(row, clips, kind) for row in rows], axis=0)
        shares = (right / n, wrong / n, 1 - (right + wrong) / n)
        print(f"{kind:8} {n:7d}" + "".join(f"{100 * share:13.1f} %" for share in shares))


def counts(row: dict[str, str], clips: dict[str, Clip], kind: str) -> tuple[int, int, int]:
    """Of an utterance beside all other clips: told rightly, told wrongly, all."""
    own = clips[row["media"]]
    span = float(row["start_s"]), float(row["end_s"])
    talks = list(_cut(own.mouths, span, 0.0))
    right = wrong = n = 0

    for media, other in clips.items():
        if media == row["media"]:
            continue
        mouths = other.mouths if kind == "talks" else other.listeners[kind]
        length_s = mouths[-1].times_s[-1] - (span[1] - span[0])
        for start_s in np.linspace(0, length_s, STARTS) if length_s > 0 else ():
            listens = list(_cut(mouths, (start_s, start_s + span[1] - span[0]), span[0] - start_s))

            told = {index < len(talks) for index in speaking([*talks, *listens], own.loudness)}
            n += 1
            right += told == {True}
            wrong += False in told
    return right, wrong, n


def watched(path: Path, detector: object) -> Clip:
    """Follow the face of a clip, and make listeners of the frame in its middle."""
    started = time.perf_counter()
    person = _person(path, detector)
    watch, middle = MouthWatch(), None
    for frame in sample_frames(path, [(0.0, math.inf)], LOOKS_PER_S):
        box = person.box_at(frame.time_s, 2.5 / FPS)
        if box is not None:
            watch.look(frame.image, box, frame.time_s)
            if middle is None or frame.time_s < person.times_s.mean():
                middle = frame.image, box
    assert middle is not None

    (loudness,) = loudness_of(cut_sound, path, [(0.0, math.inf)])
    assert loudness is not None
    listeners = {kind: _listener(*middle, pose) for kind, pose in POSES.items()}
    print(f"{path.name}: {len(watch.mouths)} pieces, {time.perf_counter() - started:.1f} s")
    return Clip(watch.mouths, loudness, listeners)


def _person(path: Path, detector: object) -> Person:
    frames, times_s = [], []
    for frame in sample_frames(path, [(0.0, math.inf)], FPS):
        small = shrink(frame.image, 480)
        (found,) = detector.detect([small])  # type: ignore[attr-defined]
        frames.append(in_pixels_of(frame.image, small, found))
        times_s.append(frame.time_s)
    track = steadiest(tracks_of(frames))
    assert track is not None
    return person_of(track, times_s, frames)


def _listener(
    picture: np.ndarray, box: tuple[float, float, float, float], pose: Callable[[float], Pose]
) -> list[Mouth]:
    """The mouth of one frame that moves as `pose` says; its box stays, as a detector's may."""
    rng, watch = np.random.default_rng(0), MouthWatch()
    side = box[3] - box[1]
    first_y, first_x = (max(int(at - side / 2), 0) for at in (box[1], box[0]))
    end_y, end_x = int(box[3] + side / 2), int(box[2] + side / 2)
    near = picture[first_y:end_y, first_x:end_x]
    own = (box[0] - first_x, box[1] - first_y, box[2] - first_x, box[3] - first_y)

    middle = ((own[0] + own[2]) / 2, (own[1] + own[3]) / 2)
    for number in range(round(LISTENS_S * LOOKS_PER_S)):
        x, y, degrees, height = pose(number / LOOKS_PER_S)
        places = cv2.getRotationMatrix2D(middle, degrees, 1)
        places[1] = places[1] * height + [0, 0, middle[1] * (1 - height)]
        places[:, 2] += (x * side, y * side)
        moved = cv2.warpAffine(near, places, near.shape[1::-1], borderMode=cv2.BORDER_REPLICATE)
        moved = np.clip(moved + rng.normal(0, NOISE, moved.shape), 0, 255).astype(np.uint8)
        watch.look(moved, own, number / LOOKS_PER_S)
    return watch.mouths


def _cut(mouths: list[Mouth], span: tuple[float, float], later_s: float) -> Iterator[Mouth]:
    """What of some mouths lies in a span, so much later."""
    for mouth in mouths:
        first, end = np.searchsorted(mouth.times_s, span)
        if first < end:
            part = {name: list(values[first:end]) for name, values in vars(mouth).items()}
            part["times_s"] = [time_s + later_s for time_s in part["times_s"]]
            yield replace(mouth, **part)


def _wave(per_s: float, time_s: float) -> float:
    return math.sin(2 * math.pi * per_s * time_s)


if __name__ == "__main__":
    main()
