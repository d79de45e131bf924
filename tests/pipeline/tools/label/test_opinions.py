"""Of which utterances a run speaks, by hand."""

import numpy as np

from pipeline.tools.label.opinions import RunOpinion


def test_a_run_speaks_where_it_found_something_and_its_network_could_say():
    outputs = np.array([[1, 2], [np.nan, 1], [3, 4]], np.float32)
    found = np.array([[True, False, False], [True, True, True], [False, False, False]])
    opinion = RunOpinion(outputs, np.zeros((3, 0)), np.zeros((3, 3)), found)
    assert opinion.speaks.tolist() == [True, False, False]
