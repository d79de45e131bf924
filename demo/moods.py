"""What a mood does to voice and face. Owned here, so that both channels can be read side by side.

Voice: espeak-ng's units (words a minute; pitch and range 0 to 99; volume 0 to 200).
Face: lengths in eye distances (pupil to pupil) of the portrait, up and outward positive;
angles in degrees, positive = towards the picture's right.
"""

from dataclasses import dataclass, fields
from typing import Literal, get_args

Mood = Literal["neu", "hap", "exc", "sad", "ang", "fru"]
MOODS: tuple[Mood, ...] = get_args(Mood)


@dataclass(frozen=True, slots=True)
class Prosody:
    """How a turn is spoken."""

    rate_wpm: float
    pitch: float
    pitch_range: float
    volume: float


@dataclass(frozen=True, slots=True)
class Expression:
    """How a face differs from its resting state."""

    corners_up: float = 0.0
    corners_out: float = 0.0
    mouth_open: float = 0.0
    inner_brows_up: float = 0.0
    outer_brows_up: float = 0.0
    brows_apart: float = 0.0
    upper_lids_up: float = 0.0
    lower_lids_up: float = 0.0
    head_down: float = 0.0
    head_tilt_deg: float = 0.0
    brightness: float = 0.0

    def __add__(self, other: "Expression") -> "Expression":
        return Expression(
            **{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self)}
        )

    def __mul__(self, strength: float) -> "Expression":
        return Expression(**{f.name: getattr(self, f.name) * strength for f in fields(self)})


PROSODY: dict[Mood, Prosody] = {
    "neu": Prosody(rate_wpm=160, pitch=48, pitch_range=45, volume=85),
    "hap": Prosody(rate_wpm=170, pitch=60, pitch_range=72, volume=95),
    "exc": Prosody(rate_wpm=194, pitch=70, pitch_range=90, volume=115),
    "sad": Prosody(rate_wpm=130, pitch=38, pitch_range=22, volume=60),
    "ang": Prosody(rate_wpm=184, pitch=46, pitch_range=80, volume=125),
    "fru": Prosody(rate_wpm=164, pitch=44, pitch_range=60, volume=103),
}

EXPRESSIONS: dict[Mood, Expression] = {
    "neu": Expression(),
    "hap": Expression(
        corners_up=0.15,
        corners_out=0.12,
        mouth_open=0.05,
        outer_brows_up=0.04,
        lower_lids_up=0.05,
        head_tilt_deg=2.0,
        brightness=0.05,
    ),
    "exc": Expression(
        corners_up=0.12,
        corners_out=0.08,
        mouth_open=0.15,
        inner_brows_up=0.12,
        outer_brows_up=0.14,
        upper_lids_up=0.03,
        lower_lids_up=-0.02,
        head_down=-0.04,
        brightness=0.08,
    ),
    "sad": Expression(
        corners_up=-0.15,
        corners_out=-0.06,
        inner_brows_up=0.13,
        outer_brows_up=-0.08,
        upper_lids_up=-0.06,
        head_down=0.10,
        head_tilt_deg=-6.0,
        brightness=-0.10,
    ),
    "ang": Expression(
        corners_up=-0.07,
        corners_out=0.05,
        mouth_open=0.09,
        inner_brows_up=-0.15,
        outer_brows_up=0.06,
        brows_apart=-0.07,
        upper_lids_up=0.04,
        head_down=0.03,
        brightness=-0.03,
    ),
    "fru": Expression(
        corners_up=-0.10,
        corners_out=0.09,
        inner_brows_up=-0.08,
        outer_brows_up=-0.05,
        brows_apart=-0.04,
        upper_lids_up=-0.04,
        lower_lids_up=0.04,
        head_tilt_deg=5.0,
    ),
}
