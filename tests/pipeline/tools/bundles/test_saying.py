"""A difference in one line, and the same pair the other way round."""

import math

from pipeline.report.comparison import Difference
from pipeline.report.measures import MEASURES
from pipeline.tools.bundles.saying import in_words, turned

PAIR = Difference("a", "b", 0.0123, -0.02, 0.041, n_runs=5, p_holm=0.04321)


def test_a_difference_in_words():
    measure = MEASURES["weighted_f1"]
    assert in_words(PAIR, measure) == "a less b: +1.2 [-2.0, +4.1], p 0.0432 (Holm), 5 runs"
    assert in_words(turned(PAIR), measure).startswith("b less a: -1.2 [-4.1, +2.0], p 0.0432")
    same = Difference("a", "b", 0.0, 0.0, 0.0, n_runs=1)
    assert in_words(turned(same), measure) == "b less a: +0.0 [+0.0, +0.0], no test"
    bare = Difference("a", "b", 0.0123, math.nan, math.nan, n_runs=1)
    assert in_words(bare, MEASURES["ccc"]) == "a less b: +0.012, no test"
