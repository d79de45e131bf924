"""The last lines on the screen: what was found and where it is, or what failed and how to go on."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from pipeline.base.artefacts import report_place
from pipeline.base.wording import duration
from pipeline.rules.terminal.board import Board, Failure
from pipeline.rules.terminal.logs import read_logs

SHOWN_FINDINGS = 10
SHOWN_TITLES = 2  # of jobs that failed for the same reason
AGAIN = "the same command goes on from there"


def succeeded(board: Board, now_s: float, study: str | None) -> list[str]:
    """All that was asked for is there."""
    if not board.n_done:
        return ["Nothing to be done: all results are there.", *_shown(study)]
    jobs = "The job is" if board.n_done == 1 else f"All {board.n_done} jobs are"
    return [f"{jobs} done in {duration(now_s - board.began_s)}.", *_shown(study)]


def interrupted(board: Board) -> list[str]:
    """Somebody stopped the run; jobs that were told to stop are no failures."""
    own = [failure for failure in board.failures.values() if not _was_stopped(failure)]
    kept = f"Stopped. {_done(board)}; {AGAIN}."
    return [kept, *_failures(own)] if own else [kept]


def failed(board: Board) -> list[str]:
    """Each failed job with its error and its log, last on the screen."""
    failures = list(board.failures.values())
    if not failures:
        return [f"The run ended early, see above. {_done(board)}."]
    n = len(failures)
    jobs = "1 job failed" if n == 1 else f"{n} jobs failed"
    n_left = board.n_total - board.n_done - n
    rest = f", {n_left} wait for what failed" if n_left > 0 else ""
    return [f"{jobs}. {_done(board)}{rest}. Mend this, and {AGAIN}:", *_failures(failures)]


def page_of(study: str) -> Path:
    """The page of a study, from where the workflow runs."""
    return Path("build", report_place(study), "index.html")


def found(study: str) -> list[str]:
    """What the report of a study found and where it is."""
    log = f"build/logs/report_{study}.txt"
    return [*read_logs([log]).found[:SHOWN_FINDINGS], f"The report: {page_of(study)}"]


def _shown(study: str | None) -> list[str]:
    return found(study) if study is not None and page_of(study).is_file() else []


def _done(board: Board) -> str:
    return f"{board.n_done} of {board.n_total} jobs are done and kept"


def _failures(failures: Iterable[Failure]) -> list[str]:
    """Each reason once, however many jobs failed for it."""
    by_reason: dict[str, list[Failure]] = {}
    for failure in failures:
        by_reason.setdefault(failure.reason, []).append(failure)

    lines = []
    for reason, alike in by_reason.items():
        titles = " and ".join(failure.title for failure in alike[:SHOWN_TITLES])
        more = f" and {len(alike) - SHOWN_TITLES} more" if len(alike) > SHOWN_TITLES else ""
        logs = [log for failure in alike[:SHOWN_TITLES] for log in failure.logs]
        lines += [f"error: {titles}{more}: {reason}", f"       log: {_paths(logs)}"]
    return lines


def _paths(logs: Sequence[str]) -> str:
    return ", ".join(logs) or "none"


def _was_stopped(failure: Failure) -> bool:
    return "KeyboardInterrupt" in failure.reason or "without saying why" in failure.reason
