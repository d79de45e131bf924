"""What of an utterance could be used, by name."""

import numpy as np

from pipeline.evaluation.pattern_names import pattern_names

ALL = ("audio", "text", "visual")


def test_a_pattern_names_what_is_usable():
    usable = np.array([[1, 0, 1], [0, 0, 0], [1, 1, 1], [0, 1, 0]], bool)
    assert pattern_names(usable, ALL) == ["audio+visual", "nothing", "audio+text+visual", "text"]
    assert pattern_names(usable[:, :2], ("text", "visual"))[2] == "text+visual"
