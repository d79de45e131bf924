"""Three clocks of one way to do something: wall, CPU, and the busier side of reader and workers."""

import os
import time
from collections.abc import Callable
from typing import Final

CLOCKS: Final = ("wall", "CPU", "cores")


def seconds(way: Callable[[], None]) -> tuple[float, float, float]:
    """What `way` takes, by each of `CLOCKS`; the reader of every way is this thread."""
    clocks = (time.perf_counter, _cpu_seconds, time.thread_time)
    starts_s = [clock() for clock in clocks]
    way()
    wall, cpu, reader = (clock() - start_s for clock, start_s in zip(clocks, starts_s, strict=True))
    return wall, cpu, max(reader, cpu - reader)


def _cpu_seconds() -> float:
    """Of this process and of those that it has waited for: each stage ends its decoder."""
    return sum(os.times()[:4])
