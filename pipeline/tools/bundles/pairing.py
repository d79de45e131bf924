"""Methods of two studies in one paired test, over the folds and conditions that coincide.

Runs of both are laid side by side as those of one task, its methods called `A.gcnet` and `B.gcnet`,
and what tells methods of one study apart tells these: differences on average over missing rates,
intervals of the same draws of dialogues, the corrected test over the same folds and seeds.
"""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.config.conditions import is_rate
from pipeline.evaluation.significance import holm
from pipeline.evaluation.task_scores import TaskFiles, write_scores
from pipeline.report.comparison import Difference, differences
from pipeline.report.method_views import MethodView
from pipeline.report.task_data import TaskResults, read_scores
from pipeline.tools.bundles.copying import copy_run, runs_judged
from pipeline.tools.bundles.errors import BundleError
from pipeline.tools.bundles.matching import Coinciding, Side
from pipeline.tools.bundles.study import BUILD, BundledRun

LETTERS = ("A", "B")


@dataclass(frozen=True)
class Paired:
    """Both studies as one task under one evaluation, and the pairs that are asked for."""

    way: str
    results: TaskResults
    pairs: tuple[tuple[str, str], ...]
    seeds: tuple[int, ...]  # that both have; () where they share none: no test then

    def differences(self) -> list[Difference]:
        """One for each pair, tests corrected over all of them."""
        views = {method.name: method for method in self.results.methods}
        found = [
            differences(self.results, self.way, [views[first], views[second]])[0]
            for first, second in self.pairs
        ]
        corrected = holm([pair.p_holm for pair in found])  # of one pair: as it is
        return [replace(pair, p_holm=p) for pair, p in zip(found, corrected, strict=True)]


def paired(
    sides: tuple[Side, Side], found: Coinciding, folder: Path, *, is_all: bool
) -> Iterator[Paired]:
    """Under each evaluation that both were judged by; `is_all`: methods of other names too."""
    rates = [name for name in found.conditions if is_rate(name)]
    if not found.folds or not rates:
        what = "no fold" if not found.folds else "no missing rate"
        raise BundleError(f"{what} coincides: {'; '.join(found.refused)}")
    for way in ("ume", "ime"):
        methods = [_judged(side, way) for side in sides]
        same = [(name, name) for name in methods[0] if name in methods[1]]
        every = [(name, other) for name in methods[0] for other in methods[1]]
        pairs = every if is_all or not same else same
        if pairs:
            yield _laid_together(sides, found.folds, rates, way, pairs, folder / way)


def _judged(side: Side, way: str) -> list[str]:
    return [method.name for method in side.study.methods if way in method.evaluations]


def _laid_together(
    sides: tuple[Side, Side],
    folds: Sequence[int],
    rates: Sequence[str],
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
            for run in runs_judged(side, name, way, rates):
                if run.fold in folds and run.seed in (seeds or (run.seed,)):
                    rate = ours.study.train_rate if way == "ume" else run.train_rate
                    update = {"method": called, "train_rate": rate}
                    copies.append(run.model_copy(update=update))
                    under = rates if way == "ume" else [rate]
                    copy_run(side, run, build / ours.task, copies[-1], under)

    results = _scored(ours, build, copies, tuple(views.values()))
    named = tuple((f"{LETTERS[0]}.{first}", f"{LETTERS[1]}.{second}") for first, second in pairs)
    return Paired(way, results, named, tuple(seeds))


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
    for name in ("labels.csv", "splits.csv"):
        shutil.copyfile(source / side.task / name, task / name)

    utterances = source / section.corpus / "utterances.csv"
    files = TaskFiles(
        *(utterances, task / "labels.csv", task / "splits.csv"),
        [task / run.place / "run.json" for run in runs],
    )
    scored = section.scored.model_copy(update={"classes": side.bundled.classes})
    write_scores(side.task, scored, files, task / "scores.csv", task / "reliability.csv")
    return TaskResults(
        *(side.task, section, side.bundled.classes, views, side.study.train_rate),
        protocol=side.study.protocol,
        scores=read_scores(task / "scores.csv"),
        build=build,
    )
