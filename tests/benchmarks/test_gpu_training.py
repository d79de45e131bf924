"""The benchmark of training on a GPU, in small on the CPU; what it counts, against the plan."""

import re
from collections import Counter
from pathlib import Path

import torch
import yaml

from benchmarks import gpu_training
from benchmarks.synthetic import SIZES, make
from models.fast import switch
from models.registry import find_method
from pipeline.config.configuration import parse_config
from pipeline.rules.plan import Plan


def test_every_part_runs_and_is_told():
    lines = gpu_training.measure(torch.device("cpu"), small=True)
    text = "\n".join(lines)
    assert "FAILED" not in text
    for way in gpu_training.WAYS:
        told = [line for line in lines if line.startswith(f"  {way}: ")]
        assert len(told) == (1 if way == "plain" else 2)  # the GRU has no plain form
        for line in told:
            assert len(re.findall(r"(?:epoch|evaluation) \d+\.\d{4} s", line)) == 2
    for model in ("iteacnet", "mmin"):
        assert re.search(rf"2 processes, {model}: [\d.]+ s each, [\d.]+ s a run", text)
    assert re.search(r"configs/paper.yaml: \d+\.\d hours", lines[-1])


def test_a_part_that_fails_is_told_and_the_next_one_runs():
    lines = []

    def fails():
        raise RuntimeError("no such kernel")

    gpu_training.guarded(lines.append, fails)
    assert "FAILED" in lines[0]
    assert "no such kernel" in lines[0]


def test_a_model_that_is_not_replayed_is_no_failure():
    lines = []
    made = make(SIZES["mosi"], torch.device("cpu"), 0.04)
    with switch.turned_off():
        gpu_training.guarded(
            lines.append, lambda: gpu_training.Fixed("mmin", made, is_recorded=True)
        )
    assert lines == ["  not in fixed shapes: ITEACNET_FAST=0"]


def test_the_trainings_of_the_paper_are_those_of_its_configuration():
    path = Path(__file__).parents[2] / "configs" / "paper.yaml"
    config = parse_config(yaml.safe_load(path.read_text(encoding="utf-8")))
    plan = Plan(config)
    runs = [run for task in plan.tasks for run in plan.runs(task)]
    counts = Counter(config.methods[run.method].model for run in runs)
    for simple in ("gru", "logistic", "late_fusion"):  # minutes of a CPU beside them
        assert counts.pop(simple) > 0
    assert counts == {model: n_runs for model, (n_runs, _) in gpu_training.PAPER.items()}

    for model, (_, n_epochs) in gpu_training.PAPER.items():
        settings = find_method(model).settings()
        own = {"mmin": settings.pretrain_epochs + 100} if model == "mmin" else {}
        own |= {"cpmnet": settings.train_epochs} if model == "cpmnet" else {}
        assert n_epochs == own.get(model, config.train.n_epochs)
