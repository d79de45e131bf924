"""Where a run stands: jobs that run, finished, failed; and the lines that say so.

Plain state and text: nothing here knows Snakemake or a clock. Times are seconds of the caller's.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.base.wording import duration
from pipeline.rules.terminal.estimate import SLIGHT, Estimate
from pipeline.rules.terminal.logs import read_logs
from pipeline.rules.terminal.words import clean, place, seconds_left, title

SHORT = 100  # letters of a line of a log that is a sign of life
SHOWN_NOTES = 3  # of one job; its log has all


@dataclass
class StartedJob:
    """One job that has been started."""

    rule: str
    wildcards: Mapping[str, str]
    logs: Sequence[str]
    began_s: float
    shown_s: float = field(init=False)  # when it was last heard of
    own_left_s: float | None = None  # by its own log, when it was last heard of

    def __post_init__(self) -> None:
        self.shown_s = self.began_s

    @property
    def title(self) -> str:
        """What it works on and what it does there."""
        return title(self.rule, self.wildcards)

    def hear(self, now_s: float) -> str:
        """What it is at, by the last line of its log; many of them begin with the rule."""
        self.shown_s = now_s
        last = clean(read_logs(self.logs).last, SHORT)
        self.own_left_s = seconds_left(last)
        if last.startswith(self.rule):
            where = place(self.wildcards)
            return f"{where}: {last}" if where else last
        return f"{self.title}: {last or f'running for {duration(now_s - self.began_s)}'}"


@dataclass(frozen=True)
class Failure:
    """A job that ended badly, and why as far as its log says."""

    title: str
    reason: str
    logs: Sequence[str]


class Board:
    """What is known of a run."""

    def __init__(self, estimate: Estimate, began_s: float) -> None:
        self.estimate, self.began_s = estimate, began_s
        self.running: dict[int, StartedJob] = {}
        self.failures: dict[int, Failure] = {}
        self.waiting: Counter[str] = Counter()  # jobs that are still to be done, by rule
        self.n_done = self.n_total = 0
        self._finished: set[int] = set()
        self._busy_s = 0.0  # of all finished jobs together

    def plan(self, jobs: Mapping[str, int]) -> None:
        """How many jobs there are by rule, before the first has begun."""
        self.waiting = Counter({rule: n for rule, n in jobs.items() if rule not in SLIGHT})
        self.n_total = self.waiting.total()

    def recount(self, jobs: Iterable[tuple[int, str]]) -> None:
        """Numbers and rules of the jobs that are left: a finished checkpoint changes the plan."""
        left = {number: rule for number, rule in jobs if rule not in SLIGHT}
        ended = self._finished | self.failures.keys()
        self.n_total = len(ended | left.keys())
        begun = ended | self.running.keys()
        self.waiting = Counter(rule for number, rule in left.items() if number not in begun)

    def start(self, number: int, job: StartedJob) -> None:
        """A job begins; one that failed is tried once more."""
        self.failures.pop(number, None)
        if job.rule not in SLIGHT:
            self.running[number] = job
            self.waiting[job.rule] -= 1

    def finish(self, number: int, now_s: float) -> list[str]:
        """A job has ended well: what is to be said of it."""
        job = self.running.pop(number, None)
        if job is None:
            return []

        took_s = now_s - job.began_s
        self._busy_s += took_s
        self.estimate.finished(job.rule, took_s)
        self._finished.add(number)
        self.n_done = len(self._finished)
        self.n_total = max(self.n_total, self.n_done)

        told = read_logs(job.logs)
        count = f"{self.n_done:>{len(str(self.n_total))}} of {self.n_total}"
        times = f"{duration(took_s)}{self._left(now_s)}"
        line = f"{count}  {job.title}: {told.done or 'done'} ({times})"
        return [line, *_notes(told.notes, job, " " * len(count))]

    def fail(self, number: int, fallback: StartedJob) -> str:
        """A job has ended badly: what is to be said at once. `fallback`: if it never began."""
        job = self.running.pop(number, fallback)
        logs = tuple(dict.fromkeys((*fallback.logs, *job.logs)))
        self.failures[number] = Failure(job.title, read_logs(logs).reason, logs)
        return f"FAILED  {job.title}: {self.failures[number].reason}"

    def heartbeat(self, now_s: float) -> str:
        """What the job that was not heard of for longest is at; empty where none runs."""
        if not self.running:
            return ""
        job = min(self.running.values(), key=lambda running: running.shown_s)
        indent = " " * (2 * len(str(self.n_total)) + 4)
        return f"{indent}  {job.hear(now_s)}{self._left(now_s, '; the whole: ')}"

    def _left(self, now_s: float, words: str = "; ") -> str:
        """Time left for the whole run, if anything can be said of it."""
        busy_s = self._busy_s + sum(now_s - job.began_s for job in self.running.values())
        at_once = busy_s / max(now_s - self.began_s, 1e-9)
        running = [
            (job.rule, now_s - job.began_s, job.own_left_s and job.own_left_s - now_s + job.shown_s)
            for job in self.running.values()
        ]
        if self.failures:  # what waits for them will not run
            return ""
        seconds, is_whole = self.estimate.left(self.waiting, running, at_once)
        if seconds < 1:
            return ""
        return f"{words}{'about' if is_whole else 'more than'} {duration(seconds)} left"


def _notes(notes: Sequence[str], job: StartedJob, indent: str) -> list[str]:
    shown = [f"{indent}  note: {note}" for note in notes[:SHOWN_NOTES]]
    if n_more := len(notes) - len(shown):
        shown.append(f"{indent}  and {n_more} more notes: {', '.join(job.logs)}")
    return shown
