"""Learners that train in batches of fixed shapes, for their tests."""

import torch
from pydantic import TypeAdapter

from models.fast.dropout import Dropout
from models.learner import TaskShape
from pipeline.config.methods import MethodSettings
from pipeline.training.learners import build_learner
from tests.small_methods import small_method

SHAPE = TaskShape({"audio": 5, "text": 7, "visual": 4}, 3, "classification", 9, 2)
REPLAYABLE = ("iteacnet", "gcnet", "mmin", "cra", "ae", "gru", "committee", "momke", "comp")
HIDING = {"gru": {"modality_dropout": 0.0}, "committee": {"dialogue_dropout": 0.0}}
AVERAGED = "iteacnet, with a running mean and class weights"


def build(model, is_still=False, seed=0):
    small = small_method(model.split(",")[0])
    if model == AVERAGED:
        small = {**small, "settings": {**small["settings"], "averaging": 0.3}}
    if is_still:  # what is drawn for a batch depends on its shape
        small = {**small, "settings": {**small["settings"], **HIDING.get(model, {})}}

    method = TypeAdapter(MethodSettings).validate_python(small)
    torch.manual_seed(seed)
    learner = build_learner(method, SHAPE)
    if model == AVERAGED:
        learner.class_weights = torch.linspace(0.5, 2.0, SHAPE.n_outputs)
    learner.batch_size = 3  # so that batches differ, and the last one has room
    if is_still:
        for part in learner.modules():
            if isinstance(part, Dropout):
                part.p = 0.0
    return learner


def numbers(history):
    return [value for row in history for value in row.values() if not isinstance(value, str)]
