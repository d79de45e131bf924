"""Talks: short videos of a portrait before a wall, with noise for sound; their configuration."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from demo.recording import write_avi
from demo.scene import FRAME_RATE, draw_frames
from demo.script import write_script
from demo.timeline import PAD_S, perform
from pipeline.corpora.turns import Turn
from tests.pipeline import clips

SECONDS, FPS, RATE_HZ = 2, 10, 16_000


def config_of_talks(folds: dict[str, Any], **sections: Any) -> dict[str, Any]:
    """One corpus, `talks`, read from the folder of that name, and one task, `mood`."""
    classes = {"good": ["happy"], "bad": ["sad"]}
    return {
        "shards": 1,
        "corpora": {"talks": {"reader": "folder", "root": "talks"}},
        "crop_faces": {"fps": 2.0, "detect_width_px": 240},
        "tasks": {"mood": {"corpus": "talks", "classes": classes, "folds": folds}},
        **sections,
    }


def write_talk(path: Path, portrait: int, grey: int, sound: NDArray[np.int16]) -> None:
    """A portrait that drifts before a wall of one grey, for `SECONDS`."""
    wall = np.full((240, 320, 3), grey, np.uint8)
    wall[20:220, 60:260] = clips.resized(clips.portraits()[portrait], 200, 200)
    pictures = [np.roll(wall, 3 * k - 20, axis=1) for k in range(SECONDS * FPS)]
    times_s = [k / FPS for k in range(SECONDS * FPS)]
    clips.write_video(path, pictures, times_s, rate=FPS, sound=sound)


def write_interview(path: Path, n_turns: int = 8) -> list[Turn]:
    """Two talking portraits side by side, two voices in one channel; returns who speaks when."""
    (dialogue, *_) = write_script(5, n_turns, 0.0, np.random.default_rng(3))
    performance = perform(dialogue, np.random.default_rng(3))
    sound = performance.sound.max(axis=1) + performance.sound.min(axis=1)
    rate = performance.sample_rate_hz
    write_avi(path, draw_frames(performance), FRAME_RATE, sound.astype(np.int16), rate)
    return [
        Turn(said.start_s + PAD_S, said.end_s - PAD_S, said.turn.speaker)
        for said in performance.spoken
    ]
