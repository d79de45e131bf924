"""Work that a GPU replays: launched by Python once, recorded as a CUDA graph, repeated as one call.

A step of training is thousands of small kernels, each done before Python can launch the next one.
Work that is recorded must have the same shapes each time, read its inputs where they always lie and
wait for no value. It gives one tensor, whose memory the next call overwrites. Random numbers come
from the device's own generator, which every recording is registered with: set to the same seed
before a call, it gives the same numbers as if each kernel had been launched.

On other devices, or where recording is turned off, every call does the work anew. So it does where
recording fails, which is said.
"""

import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

import torch
from torch import Tensor

from models.branches import branching
from pipeline.training.devices import asks_for_recording

Work = Callable[[], Tensor]


class Recorder:
    """Makes the recordings of one run, which share their memory: they are never played at once."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.is_on = device.type == "cuda" and asks_for_recording()
        # Pieces that need nothing of each other are branches of what is recorded.
        self.branching: Callable[[], AbstractContextManager[None]] = branching
        if self.is_on:
            with torch.cuda.device(device):
                self.stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
                self.pool = torch.cuda.graph_pool_handle()

    def recording_of(self, work: Work, kept: Sequence[Tensor] = ()) -> "Recording":
        """Of `work`, which may change the tensors `kept` and no others that outlive it."""
        return Recording(self, work, kept)


class Recording:
    """One piece of work: recorded when it is first played."""

    def __init__(self, recorder: Recorder, work: Work, kept: Sequence[Tensor]) -> None:
        self._recorder, self._work, self._kept = recorder, work, kept
        self._graph: torch.cuda.CUDAGraph | None = None
        self._output: Tensor | None = None

    def play(self) -> Tensor:
        """Do the work; what it gives is overwritten by the next call."""
        if self._recorder.is_on and self._graph is None:
            try:
                self._record()
            except RuntimeError as error:
                self._recorder.is_on = False
                said = "recording as a CUDA graph failed, kernels are launched one by one"
                print(f"{said}: {error}", file=sys.stderr, flush=True)
        if not self._recorder.is_on or self._graph is None or self._output is None:
            return self._work()
        self._graph.replay()
        return self._output

    def _record(self) -> None:
        recorder = self._recorder
        with torch.cuda.device(recorder.device):
            generator = torch.cuda.default_generators[torch.cuda.current_device()]
            spare = generator.clone_state()
            self._rehearse(generator)

            graph = torch.cuda.CUDAGraph()
            torch.cuda.synchronize()
            torch.cuda.empty_cache()
            try:
                with torch.cuda.stream(recorder.stream), recorder.branching():
                    graph.capture_begin(pool=recorder.pool)
                    try:
                        output = self._work()
                    finally:
                        graph.capture_end()
            except RuntimeError:  # a generator that was left recording would refuse to be used
                generator.graphsafe_set_state(spare)
                raise
        self._graph, self._output = graph, output

    def _rehearse(self, generator: torch.Generator) -> None:
        """Do the work once for what is made at its first time, and undo what it changed.

        So every step that counts is a replay, also the first one after a checkpoint.
        """
        saved, state = [value.detach().clone() for value in self._kept], generator.get_state()
        stream = self._recorder.stream

        stream.wait_stream(torch.cuda.current_stream())
        try:
            with torch.cuda.stream(stream), self._recorder.branching():
                self._work()
        finally:
            torch.cuda.current_stream().wait_stream(stream)
            generator.set_state(state)
            with torch.no_grad():
                for value, old in zip(self._kept, saved, strict=True):
                    value.copy_(old)
