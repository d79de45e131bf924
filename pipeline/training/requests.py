"""A run as it is asked for: taken from the cache where it was made, trained otherwise.

Nothing here imports torch before it trains: a run that comes out of the cache loads none.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.base.arrays import write_arrays
from pipeline.base.devices import kind_of_device
from pipeline.base.errors import TrainingError
from pipeline.base.records import Role
from pipeline.conversations.reading import FoldTables, read_stores
from pipeline.training.devices import asks_for_fast_kernels, asks_for_recording, ready_device
from pipeline.training.runs import RunFolder, input_digests, run_folder, versions_of_training
from pipeline.training.settings import RunSettings

SEEN: tuple[Role, ...] = ("train", "validation")


@dataclass(frozen=True)
class RunRequest:
    """All that decides one run; masks (R, N, 3) are those of its validation rates."""

    settings: RunSettings
    code: str  # digest
    train_rate: str
    fold: int
    seed: int
    device: str
    threads: int
    tables: FoldTables
    features: tuple[Path, ...]
    masks: NDArray[np.bool_]

    @cached_property
    def deciding(self) -> dict[str, Any]:
        """What the key of the run is made of. Raises DeviceError."""
        facts = {
            "settings": self.settings.deciding(self.code),
            "inputs": input_digests(self.tables, SEEN, self.features, self.masks),
            "versions": versions_of_training(),
            "threads": self.threads,  # sums are cut into as many parts, and rounded so
            "device": kind_of_device(self.device),  # a GPU adds up in another order than a CPU
            "train_rate": self.train_rate,
            "fold": self.fold,
            "seed": self.seed,
        }
        # Only what was turned off: the key of every other run is what it always was.
        if not asks_for_fast_kernels():
            facts["fast"] = False
        if facts["device"] != "cpu" and not asks_for_recording():
            facts["recorded"] = False
        return facts

    @property
    def selection(self) -> str:
        """The role that epochs are selected on; a protocol may select on the test role itself."""
        roles = self.tables.roles
        return "test" if set(roles["validation"]) == set(roles["test"]) else "validation"


def get_run(
    request: RunRequest, cache: Path, weights: Path, history: Path, checkpoint_every_s: float
) -> dict[str, Any]:
    """Write weights and history of a run, return its facts.

    Raises CacheError, DeviceError and TrainingError.
    """
    deciding = request.deciding
    folder = run_folder(cache, deciding)
    facts = folder.reuse(weights, history)
    if facts is not None:
        print(f"{folder.said}the same run is in the cache: taken from {folder.path}")
        return facts

    trained = _train(request, folder, weights, history, checkpoint_every_s)
    facts = {**deciding, **trained, "key": folder.path.name}
    folder.keep(weights, history, facts)
    return facts


def _train(
    request: RunRequest,
    folder: RunFolder,
    weights: Path,
    history: Path,
    checkpoint_every_s: float,
) -> dict[str, Any]:
    """Train, from the checkpoint where there is one; what is to be known of the run."""
    from models.learner import TooLargeError
    from pipeline.training.checkpoint import Checkpoints
    from pipeline.training.history import write_history
    from pipeline.training.session import train_run

    device = ready_device(request.device, request.threads)
    print(f"on {device}", flush=True)
    stores = read_stores(request.features, request.tables.utterances)
    checkpoints = Checkpoints(folder.checkpoint, checkpoint_every_s)
    try:
        run = train_run(
            *(request.settings, request.tables, stores, request.masks),
            *(request.train_rate, request.seed, device, checkpoints),
        )
    except TooLargeError as error:
        raise TrainingError(str(error)) from None

    write_arrays(weights, run.weights, {"key": folder.path.name})
    write_history(history, run.outcome.history)
    return run.facts
