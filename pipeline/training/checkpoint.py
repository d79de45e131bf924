"""What a run needs to go on after any finished epoch, in one file that is whole or absent.

Random streams need no state: they follow from seed, phase and epoch (`randomness`). So weights,
moments of the optimisers, the best weights so far and the history are all there is.
"""

import math
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor

from pipeline.base.arrays import Arrays, ArraysError, read_arrays, write_arrays
from pipeline.base.refusals import refusals_told

State = dict[str, Tensor]
HistoryRow = dict[str, float | int | str]

PARTS = ("weights", "optimizers", "best")
PAUSE = 20  # at least so many times as long as saving took: on a slow disk 5 % of the time


@dataclass
class RunState:
    """Place in the training, and what was learnt until there."""

    phase: int = 0
    epoch: int = 0  # finished epochs of the phase
    history: list[HistoryRow] = field(default_factory=list)
    best_epoch: int = 0  # in epochs of the whole run from 1; 0 = none yet
    best_score: float = -math.inf
    weights: State = field(default_factory=dict)
    optimizers: State = field(default_factory=dict)
    best: State = field(default_factory=dict)


class Checkpoints:
    """One checkpoint file, rewritten at most every `every_s` seconds, seldomer if that is slow.

    0 seconds: after every epoch, whatever it takes.
    """

    def __init__(
        self, path: Path, every_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._path, self._every_s, self._clock = path, every_s, clock
        self._due_s = clock() + every_s

    def is_due(self) -> bool:
        """Whether it is time to save again."""
        return self._clock() >= self._due_s

    def save(self, state: RunState) -> None:
        """Replace the file; a reader sees the old state or the new one."""
        start_s = self._clock()
        arrays: Arrays = {
            f"{part}/{name}": value.detach().cpu().numpy()
            for part in PARTS
            for name, value in getattr(state, part).items()
        }

        header = {
            "phase": state.phase,
            "epoch": state.epoch,
            "history": state.history,
            "best_epoch": state.best_epoch,
            "best_score": state.best_score if state.best_epoch else None,
        }

        with refusals_told(self._path.parent):
            write_arrays(self._path, arrays, header)

        end_s = self._clock()
        if self._every_s:
            self._due_s = end_s + max(self._every_s, PAUSE * (end_s - start_s))

    def load(self) -> RunState | None:
        """The saved state; None where there is none, or none that is whole."""
        try:
            arrays, header = read_arrays(self._path)
        except FileNotFoundError:
            return None
        except ArraysError as error:
            print(f"starting anew: {error}", file=sys.stderr, flush=True)
            return None

        return RunState(
            phase=header["phase"],
            epoch=header["epoch"],
            history=header["history"],
            best_epoch=header["best_epoch"],
            best_score=-math.inf if header["best_score"] is None else header["best_score"],
            **{part: _below(arrays, f"{part}/") for part in PARTS},
        )


def copy_state(state: Mapping[str, Tensor]) -> State:
    """A copy on the CPU that later steps do not change."""
    return {name: value.detach().to("cpu", copy=True) for name, value in state.items()}


def _below(arrays: Arrays, prefix: str) -> State:
    return {
        name.removeprefix(prefix): torch.from_numpy(array)
        for name, array in arrays.items()
        if name.startswith(prefix)
    }
