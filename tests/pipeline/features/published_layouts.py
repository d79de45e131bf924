"""Dictionaries as the published checkpoints hold them, made of weights of our own.

Weights that need no real values are one number expanded to the shape, so that files stay small.
"""

import argparse
import sys
from collections import OrderedDict
from types import ModuleType
from unittest import mock

import numpy as np
import torch

# The training command that fairseq's examples/wav2vec gives, as its parser stores it (reading.md
# C.1).
LARGE = {
    "arch": "wav2vec",
    "conv_feature_layers": "[(512, 10, 5), (512, 8, 4), (512, 4, 2), (512, 4, 2), (512, 4, 2), "
    "(512, 1, 1), (512, 1, 1)]",
    "conv_aggregator_layers": "[(512, 2, 1), (512, 3, 1), (512, 4, 1), (512, 5, 1), (512, 6, 1), "
    "(512, 7, 1), (512, 8, 1), (512, 9, 1), (512, 10, 1), (512, 11, 1), (512, 12, 1), "
    "(512, 13, 1)]",
    "skip_connections_agg": True,
    "residual_scale": 0.5,
    "log_compression": True,
    "prediction_steps": 12,
    "lr": [0.005],
}


def shadow(network):
    """The state dict of `network` with ones that share one number: shapes without the weight."""
    return OrderedDict(
        (key, torch.ones((), dtype=value.dtype, device="cpu").expand(value.shape))
        for key, value in network.state_dict().items()
    )


class AverageMeter:
    """These three stand for the classes of fairseq/meters.py; only their attributes are kept."""

    woken = False

    def __init__(self):
        self.val, self.avg, self.sum, self.count = torch.tensor(1.5), 1.5, 3.0, 2

    def __setstate__(self, state):
        AverageMeter.woken = True


class TimeMeter:
    def __init__(self):
        self.init, self.start, self.n = 0, 1567000000.0, 400000


class StopwatchMeter:
    def __init__(self):
        self.sum, self.n, self.start_time = 86400.5, 400000, None


METERS = {
    **dict.fromkeys(("train_loss", "train_nll_loss"), AverageMeter),
    **dict.fromkeys(("valid_loss", "valid_nll_loss"), AverageMeter),
    **dict.fromkeys(("wps", "ups"), TimeMeter),
    **dict.fromkeys(("wpb", "bsz", "gnorm", "clip", "oom", "loss_scale"), AverageMeter),
    "wall": TimeMeter,
    "train_wall": StopwatchMeter,
}


def fairseq_optimizer():
    """`convert_state_dict_type(optimizer.state_dict())`: Adam's state in ordered dictionaries."""
    weight = torch.zeros(3, requires_grad=True)
    optimizer = torch.optim.Adam([weight])
    weight.sum().backward()
    optimizer.step()
    state = optimizer.state_dict()
    return OrderedDict(
        state=OrderedDict((key, OrderedDict(value)) for key, value in state["state"].items()),
        param_groups=[OrderedDict(group) for group in state["param_groups"]],
        loss_scale=128.0,
    )


def fairseq(state, arguments=LARGE):
    """What `Trainer.save_checkpoint` of fairseq v0.6.2 to v0.9.0 gives to torch.save."""
    head = {
        "wav2vec_predictions.project_to_steps.weight": torch.ones(()).expand(512, 512, 1, 12),
        "wav2vec_predictions.project_to_steps.bias": torch.zeros(512),
    }
    model = OrderedDict(state | head)
    model._metadata = OrderedDict([("", {"version": 1})])

    # What no reader asks for: the trainer's own history.
    return {
        "args": argparse.Namespace(**arguments),
        "model": model,
        "optimizer_history": [
            {
                "criterion_name": "BinaryCrossEntropyCriterion",
                "optimizer_name": "FP16Optimizer",
                "lr_scheduler_state": {"best": None},
                "num_updates": 400000,
            }
        ],
        "last_optimizer_state": fairseq_optimizer(),
        "extra_state": {
            "train_iterator": {"epoch": 1, "iterations_in_epoch": 0, "shuffle": True},
            "val_loss": 1.5,
            "best": 1.5,
            "train_meters": OrderedDict((name, kind()) for name, kind in METERS.items()),
        },
    }


class RecorderMeter:
    """What MA-Net's training script keeps its curves in; it must never come to life again."""

    woken = False

    def __init__(self, n_epochs):
        self.total_epoch = n_epochs
        self.epoch_losses = np.zeros((n_epochs, 2), dtype=np.float32)
        self.epoch_accuracy = np.zeros((n_epochs, 2), dtype=np.float32)

    def __setstate__(self, state):
        RecorderMeter.woken = True


def authors(state, recorder):
    """The dictionary that MA-Net's script saves (reading.md C.3)."""
    weight = torch.zeros(3)
    optimizer = torch.optim.SGD([weight.requires_grad_()], lr=0.01, momentum=0.9)
    weight.sum().backward()
    optimizer.step()
    return {
        "epoch": 80,
        "state_dict": OrderedDict((f"module.{key}", value) for key, value in state.items()),
        "best_acc": np.float64(88.33),
        "optimizer": optimizer.state_dict(),
        "recorder": recorder,
    }


def save(tmp_path, content, *, is_zip=True):
    """torch.save, with the modules of fairseq there as for its trainer, and gone afterwards."""
    path = tmp_path / "checkpoint.pt"
    meters = ModuleType("fairseq.meters")
    for kind in (AverageMeter, TimeMeter, StopwatchMeter):
        kind.__module__ = meters.__name__
        setattr(meters, kind.__name__, kind)
    with mock.patch.dict(sys.modules, {"fairseq": ModuleType("fairseq"), meters.__name__: meters}):
        torch.save(content, path, _use_new_zipfile_serialization=is_zip)
    return path
