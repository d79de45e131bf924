"""Decoding in a process of its own, so that a decoder that dies takes one file with it.

The process is started at the first file, serves one after the other, and is replaced when it dies,
hangs, or is left in the middle of a file. Its death by a fault of its own (a segmentation fault, an
abort) is a property of the file; anything that may be the system's doing (a kill, memory, a disk,
no sign of life) is a ReadError. A file that changes while it is read is one, too.
"""

import json
import math
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Self

from pipeline.media import decoding
from pipeline.media.damage import Damage
from pipeline.media.errors import (
    DecoderError,
    MediaError,
    NoMediaError,
    NoStreamError,
    ReadError,
    UnreadableError,
)
from pipeline.media.grid import Span
from pipeline.media.state import FileState, check_state

ROOT = Path(__file__).resolve().parents[2]
SILENT_S = 300.0  # without a sign of life; a slow disk may need long for the first packet
LOOK_EVERY_S = 1.0  # whether there is one
GRACE_S = 10.0  # for a process that says no more to be gone
MAX_LINE_BYTES = 10_000_000
MAX_BYTES = 8192 * 8192 * 3  # one picture; a piece of sound is less
FAULTS = ("SIGSEGV", "SIGABRT", "SIGBUS", "SIGFPE", "SIGILL", "SIGSYS", "SIGTRAP")
ERRORS = {"unreadable": UnreadableError, "no_stream": NoStreamError, "no_media": NoMediaError}
COMMAND = (sys.executable, "-P", "-m", decoding.__name__)


class Decoder:
    """Decodes files, one after the other; `with` ends its process."""

    def __init__(self, silent_s: float = SILENT_S) -> None:
        self._silent_s = silent_s
        self._process: subprocess.Popen[bytes] | None = None
        self._has_hung = False
        self._is_stopped = False
        self._waits_since_s: float | None = None  # for an answer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def stop(self) -> None:
        """For another thread: whoever asks, now or later, gets a ReadError."""
        self._is_stopped = True
        if (process := self._process) is not None:
            process.kill()

    def ask(
        self,
        service: str,
        path: Path,
        spans: Sequence[Span],
        damage: Damage | None,
        state: FileState | None,
        **more: Any,
    ) -> Iterator[tuple[dict[str, Any], bytearray]]:
        """Yield the answers of a service; raises a MediaError, also where a file leaves `state`.

        The process ends if not all of the answers are taken.
        """
        ends = [[start, None if math.isinf(end) else end] for start, end in spans]
        request = {"service": service, "path": os.fspath(path), "spans": ends, **more}

        is_whole = False
        try:
            self._refuse_if_stopped()
            process = self._started()
            _send(process, request)
            while True:
                facts, payload = self._answer(process)
                self._refuse_if_stopped()
                check_state(path, state)
                if "damage" in facts:
                    is_whole = True
                    _tell(damage, facts["damage"])
                    break
                if "alive" not in facts:
                    yield facts, payload
        finally:
            if not is_whole:
                self.end()

        if "error" in facts:
            raise _error(facts["error"], facts["detail"])

    def _started(self) -> "subprocess.Popen[bytes]":
        if self._process is not None and self._process.poll() is None:
            return self._process
        paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
        # More threads would take more of the addresses that its memory is limited to.
        environment["OPENBLAS_NUM_THREADS"] = "1"
        pipe = subprocess.PIPE
        process = subprocess.Popen(COMMAND, stdin=pipe, stdout=pipe, env=environment)
        self._process, self._has_hung = process, False
        threading.Thread(target=self._watch, args=(process,), daemon=True).start()
        try:
            facts, _ = self._answer(process)
        except MediaError as error:
            self._refuse_if_stopped()  # it was killed while it started
            raise DecoderError(f"the decoder does not start: {error.detail}") from error
        assert facts["ready"]
        return process

    def _refuse_if_stopped(self) -> None:
        if self._is_stopped:
            raise ReadError("the decoder was stopped")

    def _answer(self, process: "subprocess.Popen[bytes]") -> tuple[dict[str, Any], bytearray]:
        """The next answer; raises a MediaError if the process dies or is silent for too long."""
        assert process.stdout is not None
        self._waits_since_s = time.monotonic()
        try:
            line = process.stdout.readline(MAX_LINE_BYTES)
            facts: dict[str, Any] = json.loads(line) if line.endswith(b"\n") else {}
            payload = bytearray(min(facts.get("n_bytes", 0), MAX_BYTES))
            n_read = process.stdout.readinto(payload) if payload else 0  # type: ignore[attr-defined]
        finally:
            self._waits_since_s = None
        if not facts or n_read != facts["n_bytes"]:
            raise self._death(process)
        return facts, payload

    def _watch(self, process: "subprocess.Popen[bytes]") -> None:
        """Kill a process that somebody waits for in vain; one thread for all of its answers."""
        while process.returncode is None:
            time.sleep(min(LOOK_EVERY_S, self._silent_s / 4))
            since_s = self._waits_since_s
            if since_s is not None and time.monotonic() - since_s > self._silent_s:
                self._has_hung = True
                process.kill()
                return

    def _death(self, process: "subprocess.Popen[bytes]") -> MediaError:
        """Why the process is gone."""
        code = _ended(process)
        if self._has_hung:
            return ReadError(f"the decoder gave no sign of life for {self._silent_s:g} s")
        name = _signal_name(code)
        if name in FAULTS or code >= 0xC0000000:  # Windows: an exception that nobody handled
            return UnreadableError(f"the decoder died of {name or hex(code)}")
        return ReadError(f"the decoder was ended by {name or f'exit code {code}'}")

    def end(self) -> None:
        """End the process; the next file gets a new one."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()


def _send(process: "subprocess.Popen[bytes]", request: dict[str, Any]) -> None:
    assert process.stdin is not None
    try:
        process.stdin.write(json.dumps(request).encode() + b"\n")
        process.stdin.flush()
    except BrokenPipeError:
        return  # it has just died; the answer that does not come says why


def _ended(process: "subprocess.Popen[bytes]") -> int:
    """The exit code; of one that talks nonsense and lives on, that of being killed."""
    try:
        return process.wait(GRACE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def _tell(damage: Damage | None, counts: dict[str, Any]) -> None:
    if damage is not None:
        damage.n_errors += counts["n_errors"]
        damage.first = damage.first or counts["first"]
        damage.last = counts["last"] or damage.last


def _error(status: str, detail: str) -> MediaError:
    return ERRORS.get(status, ReadError)(detail)


def _signal_name(code: int) -> str:
    try:
        return signal.Signals(-code).name if code < 0 else ""
    except ValueError:
        return f"signal {-code}"
