"""The process in which media are decoded: `python -m pipeline.media.decoding`, for a `Decoder`.

A request is a line of JSON on standard input; answers are lines of JSON on standard output, each
followed by as many raw bytes as it says. Nothing is pickled: what comes from a decoder that was
taken over stays data. The process has a limit of memory, and ends with the one that started it.
"""

import json
import os
import signal
import sys
import threading
import time
from importlib import import_module
from typing import Any, BinaryIO

from pipeline.base.memory_limit import limit_memory
from pipeline.media.damage import Damage
from pipeline.media.errors import MediaError

MAX_MEMORY_BYTES = 4 * 2**30  # of addresses; pictures of 8192 x 8192 with 16 references need 2
ALIVE_EVERY_S = 1.0
WATCH_EVERY_S = 2.0

# By name: who wants sound does not hang on the code of pictures. Each has `answers`.
SERVICES = {
    "sound": "pipeline.media.sound_service",
    "frames": "pipeline.media.frame_service",
    "header": "pipeline.media.header_service",
}

Answer = tuple[dict[str, Any], Any]  # what is said, and bytes: anything that is a buffer of them


class _Told(Damage):
    """Damage that tells the other side, now and then, that packets are still being read."""

    def __init__(self, out: BinaryIO) -> None:
        super().__init__()
        self._out = out
        self._told_s = time.monotonic()

    def alive(self) -> None:
        if time.monotonic() - self._told_s > ALIVE_EVERY_S:
            self._told_s = time.monotonic()
            _write(self._out, ({"alive": True}, b""))


def main() -> None:
    """Answer requests until standard input ends."""
    limit_memory(MAX_MEMORY_BYTES)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the other side gets it, too, and decides
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    # Whatever else prints to standard output must not get between the answers.
    out = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    _write(out, ({"ready": True}, b""))
    for line in sys.stdin.buffer:
        damage = _Told(out)
        try:
            request = json.loads(line)
            module = import_module(SERVICES[request["service"]])
            for answer in module.answers(request, damage):
                _write(out, answer)
            last: dict[str, Any] = {"done": True}
        except MediaError as error:
            last = {"error": error.status, "detail": error.detail}
        except MemoryError:
            limit = f"decoding is given {MAX_MEMORY_BYTES / 2**30:g} GiB"
            last = {"error": "read_error", "detail": f"out of memory; {limit}"}
        except BrokenPipeError:
            return
        except Exception as error:  # whatever a decoder's binding raises for a damaged file
            last = {"error": "unreadable", "detail": f"{type(error).__name__}: {error}"}
        counts = {"n_errors": damage.n_errors, "first": damage.first, "last": damage.last}
        _write(out, ({**last, "damage": counts}, b""))


def _write(out: BinaryIO, answer: Answer) -> None:
    facts, payload = answer
    line = json.dumps({**facts, "n_bytes": len(payload)}).encode() + b"\n"
    for rest in (memoryview(line), memoryview(payload)):
        while rest:
            rest = rest[out.write(rest) :]


def _end_with(parent: int) -> None:
    """A decoder that hangs would outlive whoever was killed while waiting for it."""
    while os.getppid() == parent:
        time.sleep(WATCH_EVERY_S)
    os._exit(1)


if __name__ == "__main__":
    main()
