"""All that the report reads of one task: scores, settings, predictions of runs."""

import json
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.base.artefacts import run_place
from pipeline.base.records import SplitRow
from pipeline.base.tables import read_rows
from pipeline.config.conditions import is_rate
from pipeline.config.methods import EVALUATIONS
from pipeline.config.settings import parse_section
from pipeline.config.study_tasks import StudyTask
from pipeline.config.tasks import (
    MAJORITY,
    TRAINING_MEAN,
    ProtocolSettings,
    ScoredTask,
)
from pipeline.evaluation.aggregate import rates_of_ime, rates_of_ume
from pipeline.evaluation.bootstrap import RunPredictions, count_dialogues, drawn_scores
from pipeline.evaluation.calibration import FILE, Calibration
from pipeline.evaluation.scoring import read_predictions
from pipeline.report.measures import MEASURES, Measure
from pipeline.report.method_views import FLOOR_VIEWS, MethodView

TEXT = ("task", "method", "train_rate", "selection", "metric")


@dataclass(frozen=True)
class RunFiles:
    """One training: its folder, and what its name says."""

    folder: Path
    train_rate: str
    fold: int
    seed: int

    @property
    def name(self) -> str:
        """Method, training rate, fold and seed, as the folder spells them."""
        return "/".join(self.folder.parts[-3:])

    def facts(self) -> dict[str, Any]:
        """What run.json says."""
        facts: dict[str, Any] = json.loads((self.folder / "run.json").read_text(encoding="utf-8"))
        return facts

    def calibration(self) -> Calibration | None:
        """What its probabilities are worth; None where it has none, or is older than the file."""
        path = self.folder / FILE
        if not path.is_file():
            return None
        found = parse_section(path.read_text(encoding="utf-8"), Calibration, where=str(path))
        return None if found.reason else found


@dataclass(frozen=True)
class TaskResults:
    """One task. `methods` in the order of the configuration."""

    name: str
    section: StudyTask
    classes: tuple[str, ...]  # in order of their index; () for regression
    methods: tuple[MethodView, ...]
    train_rate: str  # of unified models
    protocol: ProtocolSettings
    scores: pd.DataFrame
    build: Path  # the folder of all artefacts
    main_name: str | None = None  # None: the first of the methods
    reference_name: str | None = None  # None: the best of the others
    keeps_last: bool = False  # no epoch is selected: each run's last one stands

    @property
    def task(self) -> ScoredTask:
        """What scoring reads of the task."""
        return self.section.scored.model_copy(update={"classes": self.classes})

    @property
    def measure(self) -> Measure:
        """What tables show."""
        return MEASURES[self.task.main_score]

    @property
    def main(self) -> MethodView:
        """The method that sentences, cards and maps are about."""
        named = [method for method in self.methods if method.name == self.main_name]
        return (named or self.methods)[0]

    @property
    def floor(self) -> MethodView:
        """The guess that never looks."""
        is_mean = self.section.measured == "dimensional"
        return FLOOR_VIEWS[TRAINING_MEAN if is_mean else MAJORITY]

    @property
    def folder(self) -> Path:
        """`build/{task}`."""
        return self.build / self.name

    @property
    def corpus(self) -> Path:
        """`build/{corpus}` of what is tested."""
        return self.build / self.section.tested_corpus

    @property
    def training_corpus(self) -> Path:
        """`build/{corpus}` of what is trained on."""
        return self.build / self.section.corpus

    @property
    def tested(self) -> Path:
        """Where labels, splits and masks of the test lie."""
        return self.build / self.section.place_of_test(self.name)

    @property
    def conditions(self) -> tuple[str, ...]:
        """Names of all that the task is tested under: rates, then the others."""
        rates = map(str, self.protocol.rates)
        return tuple(dict.fromkeys((*rates, *self.section.condition_names)))

    def of_conditions(self, way: str) -> pd.DataFrame:
        """Scores under conditions that are no rates (ume, ime), and those of the floor."""
        rows = read_condition_scores(self.folder / "scores.csv")
        names = [method.name for method in self.methods if way in method.evaluations]
        trained = rows["rate"] if way == "ime" else self.train_rate
        is_own = rows["method"].isin(names) & (rows["train_rate"] == trained)
        return rows[is_own | (rows["method"] == self.floor.name)]

    def hue(self, method: MethodView) -> int:
        """Number of a method's colour, the same in every figure."""
        return self.methods.index(method) if method in self.methods else -1

    def source(self, name: str) -> str:
        """How the page calls a file of this task."""
        return f"build/{self.name}/{name}"

    def evaluation_of(self, method: MethodView) -> str:
        """The one that headlines are about: unified where there is one, then independent."""
        return next(way for way in EVALUATIONS if way in method.evaluations)

    def of_evaluation(self, way: str) -> pd.DataFrame:
        """Scores of the methods that are judged this way (ume, ime, complete), and of the floor."""
        names = [method.name for method in self.methods if way in method.evaluations]
        rows = self.scores[self.scores["method"].isin([*names, self.floor.name])]
        if way == "ume":
            return rates_of_ume(rows, self.train_rate)
        own = rates_of_ime(rows)
        return own[own["rate"] == 0] if way == "complete" else own

    def runs(self, method: str, way: str) -> list[RunFiles]:
        """A method's runs under an evaluation, by training rate, fold and seed."""
        return self._runs_of(self.of_evaluation(way), method)

    def _runs_of(self, rows: pd.DataFrame, method: str) -> list[RunFiles]:
        own = rows.loc[rows["method"] == method, ["train_rate", "fold", "seed"]]
        return [
            RunFiles(self.folder / run_place(method, rate, fold, seed), rate, fold, seed)
            for rate, fold, seed in sorted(set(own.itertuples(index=False, name=None)))
        ]

    def all_runs(self, method: MethodView) -> list[RunFiles]:
        """A method's runs under all of its evaluations, each once."""
        ways = method.evaluations
        return list(dict.fromkeys(run for way in ways for run in self.runs(method.name, way)))

    def predictions(self, method: str, way: str, rate: str) -> list[RunPredictions]:
        """What every run of a method said of its test role at a rate, or under a condition."""
        rows = self.of_evaluation(way) if is_rate(rate) else self.of_conditions(way)
        found = []
        for run in self._runs_of(rows, method):
            table = _predictions(run.folder / "predictions.csv", self.section.kind)
            chosen = table[table["rate"] == rate]
            if len(chosen) and (way == "ume" or run.train_rate == rate):
                found.append(RunPredictions(run.fold, chosen))
        return found

    def draws(self, method: str, way: str, rate: str) -> NDArray[np.float64]:
        """(B,) score of each bootstrap draw at a rate; those of two methods are pairs."""
        key = (method, way, rate)
        if key not in self._drawn:
            self._drawn[key] = drawn_scores(self.predictions(*key), self.task)
        return self._drawn[key]

    def n_dialogues(self, method: str, way: str, rate: str) -> int:
        """How many dialogues these draws are drawn from."""
        return count_dialogues(self.predictions(method, way, rate))

    @cached_property
    def test_to_train(self) -> float:
        """Test dialogues over training dialogues, mean over folds (`evaluation.significance`)."""
        counts: dict[int, dict[str, int]] = {}
        for role, folder in (("test", self.tested), ("train", self.folder)):
            for row in read_rows(folder / "splits.csv", SplitRow):
                of_fold = counts.setdefault(row.fold, {"test": 0, "train": 0})
                of_fold[role] += row.role == role
        return float(np.mean([fold["test"] / max(fold["train"], 1) for fold in counts.values()]))

    @cached_property
    def _drawn(self) -> dict[tuple[str, str, str], NDArray[np.float64]]:
        return {}

    def run_predictions(self, method: str, way: str) -> list[tuple[int, int, pd.DataFrame]]:
        """Fold, seed and predictions at all rates; of IME models at their own, one for each."""
        tables: dict[tuple[int, int], list[pd.DataFrame]] = {}
        for run in self.runs(method, way):
            table = _predictions(run.folder / "predictions.csv", self.section.kind)
            chosen = table[table["rate"].map(is_rate).astype(bool)]
            own = chosen if way == "ume" else chosen[chosen["rate"] == run.train_rate]
            tables.setdefault((run.fold, run.seed), []).append(own)
        return [(*key, pd.concat(found)) for key, found in tables.items()]


def read_scores(path: Path) -> pd.DataFrame:
    """Scores at the rates of the paper; empty text stays text, only a value may be nan."""
    scores = _all_scores(path)
    rates = scores[scores["rate"].map(is_rate).astype(bool)]
    return rates.assign(rate=rates["rate"].astype(float))


def read_condition_scores(path: Path) -> pd.DataFrame:
    """The rest of scores.csv: `rate` is the name of a condition that is not a rate."""
    scores = _all_scores(path)
    return scores[~scores["rate"].map(is_rate).astype(bool)]


def _all_scores(path: Path) -> pd.DataFrame:
    types: dict[str, Any] = {**dict.fromkeys((*TEXT, "rate"), str), "value": float}
    return pd.read_csv(path, dtype=types, keep_default_na=False, na_values={"value": ["nan"]})


@cache
def _predictions(path: Path, kind: str) -> pd.DataFrame:
    return read_predictions(path, kind)
