"""Dictionaries as the published checkpoints hold them, made of weights of our own.

Weights that need no real values are one number expanded to the shape, so that files stay small.
"""

import argparse
from collections import OrderedDict

import numpy as np
import torch

# The training command that fairseq's examples/wav2vec gives, as its parser stores it (FACTS C.1).
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


def fairseq(state, arguments=LARGE):
    head = {
        "wav2vec_predictions.project_to_steps.weight": torch.ones(()).expand(512, 512, 1, 12),
        "wav2vec_predictions.project_to_steps.bias": torch.zeros(512),
    }
    return {
        "args": argparse.Namespace(**arguments),
        "model": OrderedDict(state | head),
        "optimizer_history": [{"criterion_name": "BinaryCrossEntropyCriterion", "num_updates": 9}],
        "extra_state": {"epoch": 1, "best": 1.5, "train_iterator": {"offset": 0}},
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
    """The dictionary that MA-Net's script saves (FACTS C.3)."""
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
    path = tmp_path / "checkpoint.pt"
    torch.save(content, path, _use_new_zipfile_serialization=is_zip)
    return path
