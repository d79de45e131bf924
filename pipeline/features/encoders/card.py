"""A network on a device that takes batches of fixed shape, one batch ahead of its results.

On CUDA what a network does with a shape is recorded once, as a CUDA graph, and replayed: hundreds
of launches become one, which the threads that read and write need not wait for. A network that
cannot be recorded (it looks at what it has computed, or moves it) is called as it is, and the log
says so. Which of both it is, the network decides and nothing else: so do the bytes.
"""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Vectors = NDArray[np.float32]
Network = Callable[..., Tensor]  # batches -> (R, D)
WARM_UPS = 2  # calls before one is recorded: libraries choose and load kernels in the first


class NetworkOnCard:
    """Calls a network; everything from one thread."""

    def __init__(self, network: Network, device: torch.device) -> None:
        self._network, self._device = network, device
        self._is_recording = device.type == "cuda"
        self._recorded: dict[object, tuple[torch.cuda.CUDAGraph, tuple[Tensor, ...], Tensor]] = {}

    def room(self, shape: tuple[int, ...], dtype: torch.dtype = torch.float32) -> Tensor:
        """A tensor on the host, not filled, that the device can fetch while the host goes on."""
        is_pinned = self._device.type == "cuda"
        return torch.empty(shape, dtype=dtype, device="cpu", pin_memory=is_pinned)

    def start(self, *batch: Tensor) -> Callable[[], Vectors]:
        """Begin with a batch; the function that comes back waits for its rows, (R, D) float32."""
        with torch.inference_mode():
            found = self._run(batch).float().to("cpu", non_blocking=True)
        if self._device.type != "cuda":
            return found.numpy
        is_there = torch.cuda.Event()  # type: ignore[no-untyped-call]
        is_there.record()

        def wait() -> Vectors:
            is_there.synchronize()
            rows: Vectors = found.numpy()
            return rows

        return wait

    def _run(self, batch: tuple[Tensor, ...]) -> Tensor:
        shapes = tuple((tuple(given.shape), given.dtype) for given in batch)
        if self._is_recording and shapes not in self._recorded:
            self._record(shapes, batch)
        if not self._is_recording:
            return self._network(*(given.to(self._device, non_blocking=True) for given in batch))
        graph, places, found = self._recorded[shapes]
        for place, given in zip(places, batch, strict=True):
            place.copy_(given, non_blocking=True)
        graph.replay()
        return found

    def _record(self, shapes: object, batch: tuple[Tensor, ...]) -> None:
        """Record what the network does with these shapes, in the memory of the other shapes."""
        places = tuple(given.to(self._device) for given in batch)
        here = torch.cuda.current_stream(self._device)
        beside = torch.cuda.Stream(self._device)  # type: ignore[no-untyped-call]
        beside.wait_stream(here)
        with torch.cuda.stream(beside):
            for _ in range(WARM_UPS):
                self._network(*places)
        here.wait_stream(beside)

        graph = torch.cuda.CUDAGraph()
        pool = next((other.pool() for other, _, _ in self._recorded.values()), None)
        try:
            with torch.cuda.graph(graph, pool=pool, capture_error_mode="thread_local"):
                found = self._network(*places)
        except torch.OutOfMemoryError:
            raise
        except RuntimeError as error:
            reason = str(error).strip().partition("\n")[0]
            print(f"note: this network cannot be recorded and is called as it is ({reason})")
            self._is_recording = False
            self._recorded.clear()
            return
        self._recorded[shapes] = graph, places, found
