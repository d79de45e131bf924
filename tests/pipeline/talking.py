"""Synthetic two-shots: portraits whose mouths move as a synthetic voice speaks; turns are known.

Seats are places in the picture, left to right; who sits where may change. A mouth is open as its
own turn is loud; a listener is still but for the sway of the head, or laughs.
"""

import math
from dataclasses import dataclass, field

import cv2
import numpy as np

from demo.actor import MARGIN_PX, cast
from demo.lines import LINES
from demo.moods import EXPRESSIONS, PROSODY, Expression
from demo.speech import Synthesizer, voice_of
from demo.warp import express, part_lips
from tests.pipeline import clips

FPS = 25
RATE_HZ = 16000
SEAT_PX = (240, 256)  # width, height of a seat
N_OPENINGS = 6
WIDEST = 0.20  # eye distances
PAUSE_S = 0.4
ONE_THREAD = {"threads": "1"}  # or the same pictures give other files


@dataclass(frozen=True)
class Turn:
    """Who speaks (an actor by number), from when to when, in seconds."""

    actor: int
    start_s: float
    end_s: float


@dataclass
class Scene:
    """A video that is being made; `sound` is int16 at RATE_HZ."""

    actors: list[tuple[str, int]]  # letter and session of each (demo.actor.cast)
    turns: list[Turn] = field(default_factory=list)
    sound: np.ndarray = field(default_factory=lambda: np.zeros(RATE_HZ // 2, np.int16))

    def __post_init__(self):
        self._synthesizer = Synthesizer()
        self._lines = iter(LINES["neu"] + LINES["sad"])
        self.faces = [[_faces(cast(*who), mood) for mood in ("neu", "hap")] for who in self.actors]

    def speak(self, actor):
        """Let an actor say the next line."""
        letter, session = self.actors[actor]
        said = self._synthesizer.say(next(self._lines), voice_of(letter, session), PROSODY["neu"])
        at = np.arange(0, len(said) - 1, self._synthesizer.sample_rate_hz / RATE_HZ)
        said = np.interp(at, np.arange(len(said)), said)
        start_s = len(self.sound) / RATE_HZ
        self.turns.append(Turn(actor, start_s, start_s + len(said) / RATE_HZ))
        pause = np.zeros(int(PAUSE_S * RATE_HZ))
        self.sound = np.concatenate([self.sound, said, pause]).astype(np.int16)
        return self

    def write(self, path, seats=None, laughs=(), noise=0.0, sound="voice", nod_px=0):
        """Draw it; `seats(time_s)` gives who sits where, `laughs` are the actors who laugh."""
        seats = seats or (lambda time_s: range(len(self.actors)))
        rng = np.random.default_rng(0)
        heard = {"voice": self.sound, "silent": self.sound * 0, "none": None}[sound]
        if noise and heard is not None:
            heard = np.clip(heard + rng.normal(0, noise * heard.std(), len(heard)), -32768, 32767)
            heard = heard.astype(np.int16)
        n_frames = int(len(self.sound) / RATE_HZ * FPS)
        times_s = [number / FPS for number in range(n_frames)]
        pictures = (self._picture(at, seats, laughs, noise, nod_px, rng) for at in times_s)
        return clips.write_video(
            path, pictures, times_s, rate=FPS, sound=heard, encoder_options=ONE_THREAD
        )

    def _picture(self, time_s, seats, laughs, noise, nod_px, rng):
        shown = [self._actor(actor, time_s, actor in laughs, nod_px) for actor in seats(time_s)]
        picture = np.hstack(shown)
        if noise:
            picture = np.clip(picture + rng.normal(0, 10 * noise, picture.shape), 0, 255)
        return picture.astype(np.uint8)

    def _actor(self, actor, time_s, is_laughing, nod_px):
        own = [turn for turn in self.turns if turn.actor == actor]
        speaks = any(turn.start_s <= time_s < turn.end_s for turn in own)
        level = self._opening(time_s) if speaks else 0
        if is_laughing and not speaks:
            level = round(2.5 + 2.5 * math.sin(2 * math.pi * 4.5 * time_s))
        picture = self.faces[actor][int(is_laughing and not speaks)][level]

        nod = 0 if speaks else nod_px * math.sin(2 * math.pi * 1.2 * time_s)
        x = MARGIN_PX + 3 * math.sin(2 * math.pi * time_s / 3.1 + actor)
        y = MARGIN_PX + 2 * math.sin(2 * math.pi * time_s / 2.7 + actor) + nod
        middle = (x + 180 - SEAT_PX[0] / 2, y)
        places = np.array([[1, 0, middle[0]], [0, 1, middle[1]]])
        how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        return cv2.warpAffine(picture, places, SEAT_PX, flags=how, borderMode=cv2.BORDER_REPLICATE)

    def _opening(self, time_s):
        """How far a mouth is open, by how loud it is around that time."""
        half = RATE_HZ // 40
        middle = round(time_s * RATE_HZ)
        near = self.sound[max(middle - half, 0) : middle + half].astype(np.float64)
        loud = math.sqrt((near**2).mean()) if len(near) else 0.0
        return min(round(loud / max(self.sound.std() * 1.5, 1) * (N_OPENINGS - 1)), N_OPENINGS - 1)

    def seat_of(self, box):
        """The seat in which a face is, by its middle."""
        return int((box[0] + box[2]) / 2 // SEAT_PX[0])


def _faces(actor, mood):
    """One picture of an actor for each opening of the mouth."""
    expression = EXPRESSIONS[mood] if mood != "neu" else Expression()
    steps = [WIDEST * level / (N_OPENINGS - 1) for level in range(N_OPENINGS)]
    parted = [part_lips(actor.picture, actor.face, expression.mouth_open + step) for step in steps]
    return [express(picture, actor.face, expression) for picture in parted]
