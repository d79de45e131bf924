"""Maps of a dialogue: its utterances on the axes, its labels in colours."""

import base64
import io
import re
import xml.etree.ElementTree as ElementTree

import numpy as np
from PIL import Image

from pipeline.config.tasks import TaskSettings
from pipeline.report.heatmap_page import _reach
from pipeline.report.maps import (
    N_LABELLED,
    OUTSIDE,
    DialogueAxis,
    attention_scale,
    bias_scale,
    plot_dialogue_map,
)

AXIS = DialogueAxis(["F", "M", "F"], ["happy", "sad", "sad"], ("happy", "sad"))


def words(svg):
    return " ".join(ElementTree.fromstring(svg).itertext())


def drawn(values, axis):
    return plot_dialogue_map(values, axis, "", attention_scale([values]))


def shades(svg):
    """The different colours of the square picture of an SVG: its map."""
    links = re.findall(r'"data:image/png;base64,([^"]+)"', svg)
    pictures = [Image.open(io.BytesIO(base64.b64decode(link))) for link in links]
    square = next(picture for picture in pictures if picture.width == picture.height)
    return {pixel[:3] for pixel in square.convert("RGBA").get_flattened_data() if pixel[3]}


def test_uniform_attention_looks_uniform():
    """Weights that differ by a tenth of a percent are no pattern; a peak is one."""
    noise = 1 + 1e-3 * np.random.default_rng(0).uniform(-1, 1, (40, 40))
    axis = DialogueAxis(["F"] * 40, ["happy"] * 40, ("happy",))
    tones = np.array(sorted(shades(drawn(noise / 40, axis))))
    assert np.ptp(tones, axis=0).max() <= 2  # of 255
    peaked = np.eye(40) * 0.6 + 0.01
    assert np.ptp(np.array(sorted(shades(drawn(peaked, axis)))), axis=0).max() > 100


def test_scales_are_shared_and_begin_where_numbers_do():
    flat, peaked = np.full((4, 4), 0.25), np.eye(4)
    assert (attention_scale([flat]).low, attention_scale([flat]).high) == (0.0, 0.75)
    assert attention_scale([flat, peaked]).high == 1.0
    assert attention_scale([flat]).mark == 0.25
    outside = np.zeros((4, 4), dtype=bool)
    outside[0, 3] = True
    bias = np.full((4, 4), 0.5)
    bias[0, 3] = -9.0  # no value of its own
    assert (bias_scale([bias], outside).low, bias_scale([bias], outside).high) == (-0.5, 0.5)


def test_what_lies_outside_the_band_is_drawn_as_outside():
    outside = np.abs(np.arange(3) - np.arange(3)[:, None]) > 1
    values = np.where(outside, 0.25, np.eye(3))
    scale = bias_scale([values], outside)
    svg = plot_dialogue_map(values, AXIS, "", scale, outside)
    assert "outside the band: 0.25" in words(svg)
    grey = tuple(int(OUTSIDE[place : place + 2], 16) for place in (1, 3, 5))
    assert grey in shades(svg)
    assert grey not in shades(plot_dialogue_map(values, AXIS, "", scale))


def test_a_short_dialogue_names_every_utterance_a_long_one_counts_them():
    assert "2 M sad" in words(drawn(np.eye(3), AXIS))
    n = N_LABELLED + 4
    axis = DialogueAxis(["F"] * n, ["happy"] * n, ("happy",))
    text = words(drawn(np.eye(n), axis))
    assert "1 F happy" not in text
    assert f"{n}" in text
    assert "happy" in text  # in the legend


def test_sentiment_is_coloured_by_sign_and_strength():
    axis = DialogueAxis([""] * 3, ["-3.0", "0.0", "+3.0"], (), 3.0)
    orange, grey, blue = axis.gold_colors()
    assert orange[0] > orange[2]
    assert blue[2] > blue[0]
    assert max(grey) - min(grey) < 0.1
    assert axis.words() == ["1 -3.0", "2 0.0", "3 +3.0"]
    assert [patch.get_label() for patch in axis.legend()] == ["gold -3", "gold 0", "gold +3"]


def test_the_ends_of_another_scale_have_the_full_colours():
    """Valence of 1 to 5 lies up to 2 from its middle."""
    ends = DialogueAxis([""] * 2, ["-2.0", "+2.0"], (), 2.0)
    assert ends.gold_colors() == DialogueAxis([""] * 2, ["-3.0", "+3.0"], (), 3.0).gold_colors()
    assert [patch.get_label() for patch in ends.legend()] == ["gold -2", "gold 0", "gold +2"]
    task = {
        "corpus": "c",
        "kind": "regression",
        "annotation": "valence",
        "folds": {"by": "official"},
    }
    scales = [(1.0, 5.0), (0.0, 1.0), None]
    tasks = [TaskSettings.model_validate({**task, "scale": scale}) for scale in scales]
    golds = [-0.25, 1.5]
    assert [_reach(task, golds) for task in tasks] == [2.0, 0.5, 1.5]
