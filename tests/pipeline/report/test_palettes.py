"""Palettes: told apart without red or green cones, on white and on black; no red among them.

The matrices are those of Machado, Oliveira and Fernandes 2009 (severity 1.0) for linear RGB; OKLab
is Ottosson's, whose distance of about 0.02 is just noticeable.
"""

from itertools import combinations

import numpy as np
import pytest

from pipeline.report import palettes

SEEN_BY = {
    "all cones": np.eye(3),
    "no red cones": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "no green cones": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
}
TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
NAMED = {name: getattr(palettes, name) for name in ("CLASSES", "METHODS", "PARTS")}
JUST_NOTICEABLE = 0.02


def linear(color):
    shares = np.array([int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)])
    return np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)


def lab(color, eyes):
    cones = TO_CONES @ np.clip(SEEN_BY[eyes] @ linear(color), 0, 1)
    return TO_LAB @ np.cbrt(cones)


def contrast(color, ground):
    low, high = sorted(float(LUMINANCE @ linear(shade)) for shade in (color, ground))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("eyes", SEEN_BY)
@pytest.mark.parametrize("name", NAMED)
def test_hues_of_a_palette_are_told_apart(name, eyes):
    nearest = min(
        np.linalg.norm(lab(first, eyes) - lab(second, eyes))
        for first, second in combinations(NAMED[name], 2)
    )
    assert nearest > 3 * JUST_NOTICEABLE


@pytest.mark.parametrize("ground", ["#ffffff", "#14171b"])
@pytest.mark.parametrize("name", NAMED)
def test_hues_stand_out_from_light_and_dark_pages(name, ground):
    assert min(contrast(color, ground) for color in NAMED[name]) >= 3


@pytest.mark.parametrize("name", NAMED)
def test_no_hue_is_red(name):
    """Between 345 and 42 degrees of OKLab lie reds; grey has no hue."""
    for color in NAMED[name]:
        _, a, b = lab(color, "all cones")
        angle = np.degrees(np.arctan2(b, a)) % 360
        assert np.hypot(a, b) < 0.04 or 42 < angle < 345, color


def test_a_hue_has_one_meaning():
    everything = [color for colors in NAMED.values() for color in colors]
    assert len(everything) == len(set(everything))


def test_seventy_two_methods_have_different_looks():
    assert len({palettes.style_of(number) for number in range(72)}) == 72


def test_amounts_grow_paler():
    shades = [float(LUMINANCE @ linear(color)) for color in palettes.AMOUNTS]
    assert shades == sorted(shades)


def test_two_curves_of_one_hue_are_drawn_in_other_lines():
    drawn = {(palettes.style_of(number)[0], palettes.line_of(number)) for number in range(24)}
    assert len(drawn) == 24
    assert {palettes.line_of(number) for number in range(8)} == {"-"}
    assert "--" not in {palettes.line_of(number) for number in range(72)}  # it is the floor's
