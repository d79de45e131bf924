"""One seed -> independent random streams, each named by its purpose and place in the training.

A stream depends on (seed, purpose, phase, epoch) alone, not on what was drawn before. So a killed
run continues from any finished epoch without a stored state, and more draws for one purpose never
shift another. Initial weights and dropout use torch's global generator, seeded from a stream.
"""

from typing import Literal

import numpy as np
import torch

Purpose = Literal["init", "order", "masks", "run_masks", "dropout", "predict"]
NUMBER: dict[Purpose, int] = {
    "init": 0,
    "order": 1,
    "masks": 2,
    "run_masks": 3,
    "dropout": 4,
    "predict": 5,
}


def stream(seed: int, purpose: Purpose, phase: int = 0, epoch: int = 0) -> np.random.Generator:
    """The generator of one purpose at one place."""
    return np.random.default_rng(_sequence(seed, purpose, phase, epoch))


def seed_torch(seed: int, purpose: Purpose, phase: int = 0, epoch: int = 0) -> None:
    """Set torch's global generators, all devices, to the stream of one purpose at one place."""
    (state,) = _sequence(seed, purpose, phase, epoch).generate_state(1, np.uint64)
    torch.manual_seed(int(state))


def make_deterministic(n_threads: int, device: torch.device) -> None:
    """Same bytes on one machine with one number of threads; another number may round otherwise.

    Some CUDA kernels have no deterministic form: there torch names them in a warning.
    """
    torch.set_num_threads(n_threads)
    # Not `use_deterministic_algorithms`: the same, but it imports the compiler, seconds of it.
    torch.set_deterministic_debug_mode("error" if device.type == "cpu" else "warn")
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.allow_tf32 = False


def _sequence(seed: int, purpose: Purpose, phase: int, epoch: int) -> np.random.SeedSequence:
    return np.random.SeedSequence(seed, spawn_key=(NUMBER[purpose], phase, epoch))
