"""How long the rest of a run takes: by what jobs of a rule took, now or in an earlier run."""

import csv
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from statistics import fmean

SLIGHT = frozenset({"all"})  # rules without work


class Estimate:
    """Mean seconds per rule; the measured ones of this run outweigh those of earlier ones."""

    def __init__(self, earlier: Mapping[str, float] | None = None) -> None:
        self._earlier = dict(earlier or {})
        self._now: dict[str, list[float]] = {}

    def finished(self, rule: str, seconds: float) -> None:
        """Take note of a job that ended well."""
        self._now.setdefault(rule, []).append(seconds)

    def expected(self, rule: str) -> float | None:
        """Seconds of a job of this rule; None: none has ever run here."""
        if rule in SLIGHT:
            return 0.0
        return fmean(self._now[rule]) if rule in self._now else self._earlier.get(rule)

    def left(
        self,
        waiting: Counter[str],
        running: Iterable[tuple[str, float, float | None]],
        at_once: float,
    ) -> tuple[float, bool]:
        """Seconds until all is done with so many jobs at once; whether that is the whole of it.

        `waiting` counts jobs by rule, `running` are rules, seconds since they began, and seconds
        left where the job itself says so.
        """
        known = {rule: self.expected(rule) for rule in waiting}
        work = sum((known[rule] or 0.0) * n for rule, n in waiting.items())
        is_whole = all(known[rule] is not None for rule, n in waiting.items() if n)

        for rule, since_s, own_left_s in running:
            expected = self.expected(rule)
            is_whole &= expected is not None or own_left_s is not None
            by_rule_s = (expected or 0.0) - since_s
            work += max(by_rule_s if own_left_s is None else own_left_s, 0.0)

        return work / max(at_once, 1.0), is_whole


def earlier_seconds(benchmarks: Path, rules: Iterable[str]) -> dict[str, float]:
    """Mean seconds per rule by the benchmarks that an earlier run left below build/."""
    taken: dict[str, list[float]] = {}
    longest_first = sorted(rules, key=len, reverse=True)
    for path in benchmarks.rglob("*.tsv"):
        named = (rule for rule in longest_first if f"{path.stem}_".startswith(f"{rule}_"))
        seconds = _seconds(path)
        if (rule := next(named, None)) is not None and seconds is not None:
            taken.setdefault(rule, []).append(seconds)
    return {rule: fmean(values) for rule, values in taken.items()}


def _seconds(path: Path) -> float | None:
    """The first column of a benchmark of Snakemake."""
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            return float(next(csv.DictReader(stream, delimiter="\t"))["s"])
    except (OSError, ValueError, KeyError, StopIteration):
        return None
