"""Weights of the classes in the loss of training, from the labels of the training role alone."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pipeline.config.tasks import ScoredTask


def class_weights(labels: NDArray[np.int64], task: ScoredTask) -> Tensor | None:
    """(C,) float32 by class number, None = all alike; `labels` (N,) are those of training.

    Balanced: N / (number of classes that occur * count of the class), so that each of these has the
    same sum (King and Zeng 2001; scikit-learn's rule). A class without a label keeps 1.
    """
    if task.class_weights is None:
        return None
    if task.class_weights != "balanced":
        return torch.tensor([float(task.class_weights.get(name, 1.0)) for name in task.classes])
    counts = np.bincount(labels, minlength=len(task.classes))
    n_there = max(int((counts > 0).sum()), 1)
    weights = np.where(counts > 0, len(labels) / (n_there * np.maximum(counts, 1)), 1.0)
    return torch.from_numpy(weights.astype(np.float32))
