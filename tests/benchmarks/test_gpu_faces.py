"""The benchmark of faces on a GPU runs on the CPU in small, through the real stage."""

import re

import torch

from benchmarks.gpu_faces import measure


def test_it_measures_the_stage_decoding_and_both_cascades(capsys):
    lines = measure(torch.device("cpu"), small=True)
    assert capsys.readouterr().out.splitlines() == lines
    speeds = [float(found[1]) for line in lines if (found := re.search(r"(\S+) frames/s", line))]
    assert len(speeds) == len(lines) - 1 == 5
    assert min(speeds) > 0
