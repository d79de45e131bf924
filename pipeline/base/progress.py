"""How far a long stage is: a bar on a terminal, a line every few seconds in a log.

Rates count finished units since the start; what came from a cache is no work and stays out.
"""

import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sized
from types import TracebackType
from typing import Generic, Self, TextIO, TypeVar

from tqdm import tqdm

from pipeline.base.wording import duration

Unit = TypeVar("Unit")

LOG_INTERVAL_S = 5.0


class Progress(Generic[Unit]):
    """Counts finished units; iterate over it, or call `advance` inside a `with` block."""

    def __init__(
        self,
        units: Iterable[Unit],
        total: int,
        *,
        what: str,
        unit: str,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.units = units
        self.total = total
        self.done = 0
        self._note = ""
        self._lock = threading.Lock()
        self._what, self._unit = what, unit
        self._stream = sys.stderr if stream is None else stream
        self._clock = clock

        self._start_s = self._logged_s = clock()
        self._bar = (
            tqdm(total=total, desc=what, unit=f" {unit}", file=self._stream)
            if self._stream.isatty()
            else None
        )

    def advance(self, n: int = 1, note: str = "") -> None:
        """Count `n` more finished units, show them if it is time to; `note` stands at the end."""
        with self._lock:
            self.done += n
            self._show(n, note)

    def say(self, note: str) -> None:
        """How far the work on a unit is, shown if it is time to; from any thread."""
        with self._lock:
            self._show(0, note)

    def _show(self, n: int, note: str) -> None:
        self._note = note
        if self._bar is not None:
            self._bar.set_postfix_str(note, refresh=False)
            self._bar.update(n)
        elif self._clock() - self._logged_s >= LOG_INTERVAL_S:
            self._log()

    def close(self) -> None:
        """Show the final state."""
        if self._bar is not None:
            self._bar.close()
        elif self.total:
            self._log()

    def __iter__(self) -> Iterator[Unit]:
        with self:
            for unit in self.units:
                yield unit
                self.advance()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _log(self) -> None:
        now_s = self._clock()
        self._logged_s = now_s
        elapsed_s = max(now_s - self._start_s, 1e-9)
        rate = self.done / elapsed_s
        shown = f"{rate:.3g}" if rate < 1000 else f"{rate:.0f}"
        left = f", {duration((self.total - self.done) / rate)} left" if self.done else ""
        line = f"{self._what}: {self.done}/{self.total} {self._unit}"
        note = f"; {self._note}" if self._note else ""
        print(
            f"{line} in {duration(elapsed_s)}, {shown}/s{left}{note}",
            file=self._stream,
            flush=True,
        )


def progress(units: Iterable[Unit] | int, *, what: str, unit: str) -> Progress[Unit]:
    """Show progress over `units`, or over that many; `what` is the stage, `unit` a plural noun.

    `for row in progress(rows, what=..., unit="utterances")`, or
    `with progress(len(rows), what=..., unit="utterances") as bar: ... bar.advance()`.
    """
    if isinstance(units, int):
        return Progress((), units, what=what, unit=unit)
    listed = units if isinstance(units, Sized) else list(units)
    return Progress(listed, len(listed), what=what, unit=unit)
