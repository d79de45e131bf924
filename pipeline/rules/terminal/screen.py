"""Shows a run of Snakemake: a line per finished job, signs of life, a last word.

Snakemake tells its log handlers what happens (its `LogEvent`s); this is one of them. It writes in
the place of Snakemake's own blocks, which `--verbose` or `--printshellcmds` bring back and which
`.snakemake/log/` always has. What it does not know passes as it is. Jobs write to their logs alone
(pipeline/rules/job.sh) and are read from there, so that a cluster's jobs are shown like local ones.
"""

import logging
import sys
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TextIO

from pipeline.rules.terminal import endings
from pipeline.rules.terminal.board import Board, StartedJob
from pipeline.rules.terminal.estimate import Estimate, earlier_seconds

BENCHMARKS = Path("build/benchmarks")
RECOUNT_S = 5.0  # all jobs are counted at most so often: they may be thousands
SHORTEST_SILENCE_S, LONGEST_SILENCE_S = 10.0, 120.0
SHARE_OF_SILENCE = 20  # signs of life grow rarer: a twentieth of the time since the beginning
OWN_EVENTS = (
    *("job_info", "job_started", "job_finished", "job_error"),
    *("progress", "run_info", "resources_info", "shellcmd"),
)
ENGINE = (
    "Building DAG of jobs",
    "Using shell:",
    "Select jobs to execute",
    "DAG of jobs will be updated",
    "Updating checkpoint dependencies",
    "Nothing to be done",
    "Removing output files of failed job",
    "Trying to restart job",
    "Terminating processes on user request",
    "Will exit after finishing currently running jobs",
    "Shutting down, this might take some time",
    "Exiting because a job execution failed",
    "Complete log(s):",
    "Elapsed time:",
)
TOLD_BETTER = ("At least one job did not complete successfully", "CalledProcessError in file")

JobsLeft = Callable[[], Iterable[tuple[int, str]]]  # number and rule of every unfinished job


class Screen(logging.Handler):
    """The terminal of one run of a study; `shows` False: only the last word is ours."""

    def __init__(
        self,
        jobs_left: JobsLeft,
        study: str,
        *,
        shows: bool,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(logging.INFO)
        self.shows = shows
        self._stream = sys.stderr if stream is None else stream
        self._jobs_left, self._study, self._clock = jobs_left, study, clock

        self._board = Board(Estimate(), clock())
        self._said_s = self._counted_s = clock()
        self._is_over, self._was_stopped = threading.Event(), False
        self._refused = ""

    def lets_pass(self, record: logging.LogRecord) -> bool:
        """Filter for Snakemake's own handler: what is not said here."""
        if not self.shows:
            return True
        if _event(record) in OWN_EVENTS:
            return False
        message = record.getMessage()
        return not (message.startswith(ENGINE) or any(told in message for told in TOLD_BETTER))

    def emit(self, record: logging.LogRecord) -> None:
        """Take in what Snakemake tells (its threads take turns: `logging` locks)."""
        try:
            act = getattr(self, f"_on_{_event(record)}", self._on_message)
            act(record.__dict__)
        except Exception:  # a fault of the display must not end a run of days
            self.handleError(record)

    def close(self) -> None:
        """End the signs of life."""
        self._is_over.set()
        super().close()

    def succeed(self, has_report: bool) -> None:
        """The run has ended well."""
        asked = self._study if has_report else None
        self._end(endings.succeeded(self._board, self._clock(), asked))

    def refuse(self, error: str) -> str:
        """Make `error` the last word of a run that ends for it, not for Ctrl-C; returns it."""
        self._refused, self._was_stopped = error, True
        return error

    def fail(self) -> None:
        """The run has ended badly, or was stopped."""
        ending = endings.interrupted if self._was_stopped else endings.failed
        self._end([self._refused] if self._refused else ending(self._board))

    def beat(self) -> None:
        """A sign of life if nothing was said for long."""
        with self.lock:  # type: ignore[union-attr]  # None for handlers without a lock only
            now_s = self._clock()
            since_start_s = now_s - self._board.began_s
            silence_s = max(since_start_s / SHARE_OF_SILENCE, SHORTEST_SILENCE_S)
            if now_s - self._said_s >= min(silence_s, LONGEST_SILENCE_S):
                self._say([self._board.heartbeat(now_s)])

    def _on_run_info(self, event: dict[str, Any]) -> None:
        stats = {rule: int(n) for rule, n in event["stats"].items() if rule != "total"}
        now_s = self._clock()
        self._board = Board(Estimate(earlier_seconds(BENCHMARKS, stats)), now_s)
        self._board.plan(stats)
        self._say(
            [
                f"{self._board.n_total} jobs to do. What each one says: build/logs/. "
                "Ctrl-C stops; the same command goes on."
            ]
        )
        threading.Thread(target=self._keep_beating, daemon=True).start()

    def _on_job_info(self, event: dict[str, Any]) -> None:
        self._board.start(event["jobid"], self._job(event))

    def _on_job_finished(self, event: dict[str, Any]) -> None:
        self._say(self._board.finish(event["job_id"], self._clock()))

    def _on_progress(self, event: dict[str, Any]) -> None:
        now_s = self._clock()
        if now_s - self._counted_s >= RECOUNT_S:
            self._counted_s = now_s
            self._board.recount(self._jobs_left())

    def _on_job_error(self, event: dict[str, Any]) -> None:
        line = self._board.fail(event["jobid"], self._job(event))
        self._say([] if self._was_stopped else [line])

    def _on_message(self, event: dict[str, Any]) -> None:
        message = str(event.get("msg") or "")
        if message.startswith("Terminating processes on user request"):
            self._stop("Stopping: waiting for the jobs that run to end.")
        elif message.startswith("Will exit after finishing currently running jobs"):
            n = len(self._board.running)
            self._stop(f"Asked to stop: {n} jobs that run are finished first, none is begun.")
        elif message.startswith("Trying to restart job"):
            self._say(["It is tried once more."])
        elif message.startswith("Nothing to be done"):
            self.succeed(has_report=True)

    def _stop(self, said: str) -> None:
        self._say([] if self._was_stopped else [said])
        self._was_stopped = True

    def _job(self, event: dict[str, Any]) -> StartedJob:
        wildcards = dict(event.get("wildcards") or {})
        return StartedJob(event["rule_name"], wildcards, tuple(event["log"]), self._clock())

    def _keep_beating(self) -> None:
        while not self._is_over.wait(1.0):
            self.beat()

    def _end(self, lines: list[str]) -> None:
        self._is_over.set()
        self._say(["", *lines], is_last=True)

    def _say(self, lines: Iterable[str], *, is_last: bool = False) -> None:
        if not self.shows and not is_last:
            return
        self._said_s = self._clock()
        for line in lines:
            print(line, file=self._stream)
        self._stream.flush()


def attach(logger: logging.Logger, settings: Any, jobs_left: JobsLeft, study: str) -> Screen:
    """Put a screen beside Snakemake's own handler; `settings` are its OutputSettings."""
    own = [handler for handler in logger.handlers if handler.name == "DefaultStreamHandler"]
    quiet = {choice.name for choice in settings.quiet or ()}
    is_plain = not (settings.verbose or settings.printshellcmds or settings.dryrun)
    screen = Screen(jobs_left, study, shows=bool(own) and is_plain, stream=_stream_of(own))
    if not settings.dryrun and "ALL" not in quiet:
        logger.addHandler(screen)
        for handler in own:
            handler.addFilter(screen.lets_pass)
    return screen


def _stream_of(handlers: list[logging.Handler]) -> TextIO | None:
    found = (handler.stream for handler in handlers if isinstance(handler, logging.StreamHandler))
    return next(found, None)


def _event(record: logging.LogRecord) -> str:
    """The name of Snakemake's event; plain messages have none."""
    return str(getattr(record, "event", None) or "message")
