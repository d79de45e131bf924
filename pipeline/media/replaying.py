"""Work of fixed shapes that a GPU replays: recorded once as a CUDA graph, then one call each time.

Hundreds of small kernels are otherwise launched one by one, and for each of them the thread that
launches has to wait for the interpreter, which the threads that read and cut want, too. The kernels
are the same, and so are the bytes. On other devices, and where recording fails, which is said, the
work is done anew at each call.
"""

import sys
from collections.abc import Callable

import torch
from torch import Tensor

Work = Callable[..., tuple[Tensor, ...]]


class Replays:
    """Recordings that share their memory: work is played piece after piece, never two at once."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.is_on = device.type == "cuda"
        self.pool = torch.cuda.graph_pool_handle() if self.is_on else None


class Replayed:
    """One piece of work; what it gives is overwritten when it is called again."""

    def __init__(self, work: Work, replays: Replays) -> None:
        """`work` keeps its shapes, and whatever it reads beside what it is given stays in place."""
        self._work, self._replays = work, replays
        self._graph: torch.cuda.CUDAGraph | None = None
        self._places: tuple[Tensor, ...] = ()
        self._results: tuple[Tensor, ...] = ()

    def __call__(self, *given: Tensor) -> tuple[Tensor, ...]:
        """Do the work with tensors that lie on the device or the host."""
        if self._replays.is_on and self._graph is None:
            self._record(given)
        if not self._replays.is_on or self._graph is None:
            return self._work(*(value.to(self._replays.device) for value in given))
        for place, value in zip(self._places, given, strict=True):
            place.copy_(value)
        self._graph.replay()
        return self._results

    def _record(self, given: tuple[Tensor, ...]) -> None:
        device = self._replays.device
        places = tuple(value.to(device, copy=True) for value in given)
        graph = torch.cuda.CUDAGraph()
        try:
            # What libraries make at their first time cannot be recorded.
            stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
            stream.wait_stream(torch.cuda.current_stream(device))
            with torch.cuda.stream(stream):
                self._work(*places)
            torch.cuda.current_stream(device).wait_stream(stream)
            with torch.cuda.graph(
                graph, pool=self._replays.pool, capture_error_mode="thread_local"
            ):
                results = self._work(*places)
        except torch.cuda.OutOfMemoryError:
            raise
        except RuntimeError as error:
            self._replays.is_on = False
            reason = str(error).strip().partition("\n")[0]
            said = "finding faces cannot be recorded, kernels are launched one by one"
            print(f"note: {said} ({reason})", file=sys.stderr, flush=True)
        else:
            self._graph, self._places, self._results = graph, places, results
