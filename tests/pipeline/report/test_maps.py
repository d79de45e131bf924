"""Maps of a dialogue: its utterances on the axes, its labels in colours."""

import xml.etree.ElementTree as ElementTree

import numpy as np

from pipeline.config.tasks import TaskSettings
from pipeline.report.heatmap_page import _reach
from pipeline.report.maps import N_LABELLED, DialogueAxis, plot_dialogue_map

AXIS = DialogueAxis(["F", "M", "F"], ["happy", "sad", "sad"], ("happy", "sad"))


def words(svg):
    return " ".join(ElementTree.fromstring(svg).itertext())


def test_a_short_dialogue_names_every_utterance_a_long_one_counts_them():
    assert "2 M sad" in words(plot_dialogue_map(np.eye(3), AXIS, ""))
    n = N_LABELLED + 4
    axis = DialogueAxis(["F"] * n, ["happy"] * n, ("happy",))
    text = words(plot_dialogue_map(np.eye(n), axis, ""))
    assert "1 F happy" not in text
    assert f"{n}" in text
    assert "happy" in text  # in the legend


def test_sentiment_is_coloured_by_sign_and_strength():
    axis = DialogueAxis([""] * 3, ["-3.0", "0.0", "+3.0"], ())
    red, grey, green = axis.gold_colors()
    assert red[0] > red[1]
    assert green[1] > green[0]
    assert max(grey) - min(grey) < 0.1
    assert axis.words() == ["1 -3.0", "2 0.0", "3 +3.0"]
    assert [patch.get_label() for patch in axis.legend()] == ["gold -3", "gold 0", "gold +3"]


def test_the_ends_of_another_scale_have_the_full_colours():
    """Valence of 1 to 5 lies up to 2 from its middle."""
    ends = DialogueAxis([""] * 2, ["-2.0", "+2.0"], (), 2.0)
    assert ends.gold_colors() == DialogueAxis([""] * 2, ["-3.0", "+3.0"], ()).gold_colors()
    assert [patch.get_label() for patch in ends.legend()] == ["gold -2", "gold 0", "gold +2"]
    task = {
        "corpus": "c",
        "kind": "regression",
        "annotation": "valence",
        "folds": {"by": "official"},
    }
    scales = [(1.0, 5.0), (0.0, 1.0), None]
    tasks = [TaskSettings.model_validate({**task, "scale": scale}) for scale in scales]
    assert list(map(_reach, tasks)) == [2.0, 0.5, 3.0]
