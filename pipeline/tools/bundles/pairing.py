"""Methods of two studies in one paired test, over the folds and conditions that coincide.

Runs of both are laid side by side as those of one task, its methods called `A.gcnet` and `B.gcnet`,
and what tells methods of one study apart tells these: differences on average over missing rates
and under each other condition, intervals of the same draws of dialogues, the corrected test over
the same folds and seeds.
"""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.config.conditions import is_rate
from pipeline.evaluation.significance import holm
from pipeline.evaluation.task_scores import write_scores
from pipeline.report.comparison import Difference, differences
from pipeline.report.method_views import MethodView
from pipeline.report.task_data import TaskResults, read_scores
from pipeline.tools.bundles.contents import TABLES_OF_LABELS
from pipeline.tools.bundles.copying import copy_run, runs_judged
from pipeline.tools.bundles.errors import BundleError
from pipeline.tools.bundles.matching import Coinciding, Side
from pipeline.tools.bundles.rescoring import files_of
from pipeline.tools.bundles.study import BUILD, BundledRun

LETTERS = ("A", "B")


@dataclass(frozen=True)
class Paired:
    """Both studies as one task under one evaluation, and the pairs that are asked for."""

    way: str
    results: TaskResults
    pairs: tuple[tuple[str, str], ...]
    conditions: tuple[str, ...]
    seeds: tuple[int, ...]  # that both have; () where they share none: no test then

    @property
    def rates(self) -> tuple[str, ...]:
        """The missing rates among the conditions."""
        return tuple(name for name in self.conditions if is_rate(name))

    def over_rates(self) -> list[Difference]:
        """One for each pair, on average over missing rates; tests corrected over all of them."""
        return [pair for _, pair in self._corrected([None] if self.rates else [])]

    def under_others(self) -> list[tuple[str, Difference]]:
        """One for each other condition and pair; tests corrected over all of them."""
        others = [name for name in self.conditions if not is_rate(name)]
        return [(str(name), pair) for name, pair in self._corrected(others)]

    def _corrected(
        self, conditions: Sequence[str | None]
    ) -> Iterator[tuple[str | None, Difference]]:
        views = {method.name: method for method in self.results.methods}
        keys = [(condition, *pair) for condition in conditions for pair in self.pairs]
        found = [
            differences(self.results, self.way, [views[first], views[second]], condition)[0]
            for condition, first, second in keys
        ]
        corrected = holm([pair.p_holm for pair in found])  # of one pair: as it is
        for (condition, _, _), pair, p in zip(keys, found, corrected, strict=True):
            yield condition, replace(pair, p_holm=p)


def paired(
    sides: tuple[Side, Side], found: Coinciding, folder: Path, *, is_all: bool
) -> Iterator[Paired]:
    """Under each evaluation that both were judged by; `is_all`: methods of other names too."""
    if not found.folds or not found.conditions:
        what = "no fold" if not found.folds else "no condition"
        raise BundleError(f"{what} coincides: {'; '.join(found.refused)}")
    for way in ("ume", "ime"):
        methods = [_judged(side, way) for side in sides]
        same = [(name, name) for name in methods[0] if name in methods[1]]
        every = [(name, other) for name in methods[0] for other in methods[1]]
        pairs = every if is_all or not same else same
        if pairs:
            yield _laid_together(sides, found, way, pairs, folder / way)


def _judged(side: Side, way: str) -> list[str]:
    return [method.name for method in side.study.methods if way in method.evaluations]


def _laid_together(
    sides: tuple[Side, Side],
    found: Coinciding,
    way: str,
    pairs: Sequence[tuple[str, str]],
    folder: Path,
) -> Paired:
    ours = sides[0]
    build = folder / BUILD
    seeds = _shared_seeds(sides, way, pairs)
    copies: list[BundledRun] = []
    views: dict[str, MethodView] = {}
    for number, (letter, side) in enumerate(zip(LETTERS, sides, strict=True)):
        for name in dict.fromkeys(pair[number] for pair in pairs):
            view, called = side.study.method(name).view(), f"{letter}.{name}"
            views[called] = replace(view, name=called, label=f"{letter}: {view.label}")
            for run in runs_judged(side, name, way, found.conditions):
                if run.fold in found.folds and run.seed in (seeds or (run.seed,)):
                    rate = ours.study.train_rate if way == "ume" else run.train_rate
                    update = {"method": called, "train_rate": rate}
                    copies.append(run.model_copy(update=update))
                    under = found.conditions if way == "ume" else [rate]
                    copy_run(side, run, build / ours.task, copies[-1], under)

    results = _scored(ours, build, copies, tuple(views.values()))
    named = tuple((f"{LETTERS[0]}.{first}", f"{LETTERS[1]}.{second}") for first, second in pairs)
    return Paired(way, results, named, found.conditions, tuple(seeds))


def _shared_seeds(
    sides: tuple[Side, Side], way: str, pairs: Sequence[tuple[str, str]]
) -> list[int]:
    """Seeds that every method of both has, so that all are means over the same runs."""
    found = [
        {run.seed for run in side.bundled.runs if run.method == name}
        for number, side in enumerate(sides)
        for name in {pair[number] for pair in pairs}
    ]
    return sorted(set.intersection(*found))


def _scored(
    side: Side, build: Path, runs: Sequence[BundledRun], views: tuple[MethodView, ...]
) -> TaskResults:
    """The runs as one task, with labels and splits of one side: both have the same."""
    section, source = side.bundled.settings, side.folder / BUILD
    task = build / side.task
    places = [(name, "utterances.csv") for name in {section.corpus, section.tested_corpus}]
    tasks = {side.task, section.place_of_test(side.task)}
    places += [(name, table) for name in tasks for table in TABLES_OF_LABELS]
    for name, table in places:
        (build / name).mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / name / table, build / name / table)

    places_of_runs = [task / run.place / "run.json" for run in runs]
    files = files_of(section, side.task, build, places_of_runs)
    scored = section.scored.model_copy(update={"classes": side.bundled.classes})
    write_scores(side.task, scored, files, task / "scores.csv", task / "reliability.csv")
    return TaskResults(
        *(side.task, section, side.bundled.classes, views, side.study.train_rate),
        protocol=side.study.protocol,
        scores=read_scores(task / "scores.csv"),
        build=build,
    )
