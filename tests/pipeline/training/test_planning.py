"""What a training refuses for want of memory is told from the tables, and nothing else is."""

import subprocess
import sys

import numpy as np
import pytest

from models.learner import TaskShape, TooLargeError
from pipeline.base.errors import TrainingError
from pipeline.base.records import Label, SplitRow, Utterance
from pipeline.config.methods import kind_of
from pipeline.config.tasks import TaskSettings
from pipeline.training.learners import build_learner
from pipeline.training.memory import check_batches
from pipeline.training.planning import DIM, oversized
from tests.modules import ROOT
from tests.small_methods import SMALL

TASK = TaskSettings(
    corpus="c", annotation="x", classes={"pos": ("pos",), "neg": ("neg",)}, folds={"by": "official"}
)
MODALITIES = ("audio", "text", "visual")


def method(model, **settings):
    return kind_of(model).model_validate(
        {"model": model, "settings": {**SMALL.get(model, {}), **settings}}
    )


def corpus(lengths, text="hi", media="a.mp4"):
    """Dialogues d0, d1, ... of so many utterances; the last one is tested, the others trained."""
    utterances = [
        Utterance(f"d{d}_{turn}", f"d{d}", turn, "A", "", media, 0.0, 1.0, "full", text)
        for d, length in enumerate(lengths)
        for turn in range(length)
    ]
    labels = [Label(row.utterance_id, "pos") for row in utterances]
    roles = ["train"] * (len(lengths) - 1) + ["test"]
    return utterances, labels, [SplitRow(f"d{d}", 0, role) for d, role in enumerate(roles)]


def told(methods, tables):
    return list(oversized(methods, TASK, [0], *tables))


@pytest.mark.parametrize("model", ["iteacnet", "gcnet", "committee", "mmin", "cpmnet", "gru"])
@pytest.mark.parametrize("lengths", [[111, 4, 4], [2500, 4, 4], [4, 4, 2500], [400] * 30])
def test_what_is_told_is_what_training_refuses(model, lengths):
    asked, tables = method(model), corpus(lengths)
    shape = TaskShape(dict.fromkeys(MODALITIES, DIM), 2, "classification", max(lengths), 1)
    try:
        learner = build_learner(asked, shape)
        of_items = lengths[:-1] if learner.batching != "utterances" else [1] * sum(lengths[:-1])
        check_batches(learner, np.array(of_items))
        refused = []
    except (TooLargeError, TrainingError) as error:
        refused = [f"methods.m: {error}; or leave the method out of `train.methods`"]
    assert told({"m": asked}, tables) == refused


def test_layers_over_time_are_told_with_the_way_out():
    (line,) = told({"mine": method("iteacnet")}, corpus([9000, 4, 4]))
    assert line.startswith("methods.mine: layers over time for dialogues of 9,000 utterances")
    assert "cut dialogues into parts, or leave `time_mlp`" in line


def test_a_modality_of_which_nothing_can_be_there_costs_nothing():
    asked = {"mine": method("iteacnet")}
    n = next(n for n in range(1000, 9000, 100) if told(asked, corpus([n, 4])))
    assert told(asked, corpus([n, 4], text="")) == []
    assert told(asked, corpus([n, 4], media="")) == []
    imported = corpus([n, 4], media="")  # their tables say nothing of what there is
    assert list(oversized(asked, TASK, [0], *imported, is_imported=True)) != []


def test_corpora_of_usual_size_load_no_torch():
    script = (
        "import sys\n"
        "from pipeline.base.records import Label, SplitRow, Utterance\n"
        "from pipeline.config.tasks import TaskSettings\n"
        "from pipeline.training.planning import USUAL_DIALOGUE, oversized\n"
        "rows = [Utterance(f'u{i}', 'd', i, '', '', 'a.mp4', 0.0, 1.0, 'full', '')"
        " for i in range(USUAL_DIALOGUE)]\n"
        "labels = [Label(row.utterance_id, 'a') for row in rows]\n"
        "folds = {'by': 'official'}\n"
        "task = TaskSettings(corpus='c', annotation='x', classes={'a': ('a',)}, folds=folds)\n"
        "told = oversized({'m': None}, task, [0], rows, labels, [SplitRow('d', 0, 'train')])\n"
        "assert list(told) == []\n"
        "assert 'torch' not in sys.modules\n"
    )

    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True)
