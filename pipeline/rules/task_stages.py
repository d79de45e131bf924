"""What decides the stages of a task, from its labels to the report: a method for each rule."""

from typing import Any

from pipeline.config.conditions import is_rate
from pipeline.config.feature_sets import sets_of
from pipeline.config.methods import STRATEGIES, fact_modules, learner_modules, parse_train_rate
from pipeline.config.settings import dump
from pipeline.rules.deciding import Stage, Values, Wildcards
from pipeline.rules.plan import Plan


class TaskStages:
    """The stages of the tasks of a plan, and of its study."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._config = plan.config

    def check_tasks(self, wildcards: Wildcards) -> Stage:
        """Labels and splits of every task of a corpus."""
        names = self._plan.tasks_of(wildcards["corpus"])
        tasks = {name: self._labeled(name) for name in names}
        tested = {name: self._n_folds(name) for name in names if name in self._plan.tests}
        only = {name: folds for name in names if (folds := self._only(name))}
        known = {"n_folds_tested": tested, "only": only}
        known = {key: found for key, found in known.items() if found}
        return Stage({"tasks": tasks, "protocol": self._config.protocol.name, **known})

    def assign_splits(self, wildcards: Wildcards) -> Stage:
        """Labels and splits of a task."""
        name = wildcards["task"]
        known: Values = {}
        if name in self._plan.tests:
            known["n_folds_tested"] = self._n_folds(name)
        elif only := self._only(name):
            known["only"] = only
        return Stage({"task": self._labeled(name), "protocol": self._config.protocol.name, **known})

    def _n_folds(self, name: str) -> int:
        return self._config.tasks[self._plan.task_of(name)].folds.n_folds

    def _only(self, name: str) -> list[int]:
        """Folds that are to run, [] where all are, or where the corpus of `name` trains nothing."""
        tests = name in self._plan.tests
        return [] if tests else list(self._config.tasks[self._plan.task_of(name)].folds.only)

    def _labeled(self, name: str) -> Values:
        """What decides labels and splits of a task."""
        settings = self._config.tasks[self._plan.task_of(name)]
        if name in self._plan.tests:
            return dump(settings.tested)
        task = dump(settings)
        for key in ("corpus", "modalities", "conditions", "score", "class_weights"):
            del task[key]
        del task["test_corpus"], task["test_annotation"]
        del task["folds"]["only"]
        return task

    def draw_availability(self, wildcards: Wildcards) -> Stage:
        """One condition of a task."""
        task = self._config.tasks[self._plan.task_of(wildcards["task"])]
        condition = self._plan.name_of(wildcards["rate"])
        settings = {"condition": condition, "modalities": list(task.sorted_modalities)}
        if is_rate(condition):
            settings["generator"] = self._config.protocol.generator
        return Stage(settings)

    def train(self, wildcards: Wildcards) -> Stage:
        """All that a run is trained by; how its features were made is told only."""
        train, protocol = self._config.train, self._config.protocol
        is_constant = parse_train_rate(self._train_rate(wildcards)) not in STRATEGIES
        corpus = self._config.tasks[wildcards["task"]].corpus

        settings = {
            "corpus": dump(self._config.corpora[corpus].provenance(corpus)),
            "task": self._scored(wildcards),
            "protocol": {
                "generator": protocol.generator,
                "standardize": protocol.standardize,
                "rates": [] if is_constant else list(protocol.rates),
            },
            "method": self._method(wildcards),
            "train": {
                "n_epochs": train.n_epochs,
                "patience": train.patience,
                "keep": train.keep,
            },
        }
        extraction = self._plan.extraction(wildcards["task"], wildcards["method"])
        told = {**settings, "extraction": extraction}
        return Stage(told, self._model(wildcards), deciding=settings)

    def predict(self, wildcards: Wildcards) -> Stage:
        """What a run is tested under."""
        names = self._plan.test_rates(
            wildcards["task"], wildcards["method"], self._train_rate(wildcards)
        )
        settings = {
            "task": self._scored(wildcards),
            "method": self._method(wildcards),
            "rates": list(names),
            "keep": self._config.train.keep,
        }
        return Stage(settings, self._model(wildcards))

    def trace(self, wildcards: Wildcards) -> Stage:
        """The dialogue that is shown."""
        settings = {
            "task": self._scored(wildcards),
            "method": self._method(wildcards),
            "rates": list(self._plan.rates),
            "dialogue": self._config.report.heatmap_dialogue,
        }
        return Stage(settings, self._model(wildcards))

    def _scored(self, wildcards: Wildcards) -> Values:
        return dump(self._config.tasks[wildcards["task"]].scored)

    def _method(self, wildcards: Wildcards) -> Values:
        method = self._config.trained[wildcards["method"]].method
        settings = method.settings_at(self._train_rate(wildcards))
        return {"model": method.model, "settings": dump(settings)}

    def _train_rate(self, wildcards: Wildcards) -> str:
        """Of the run; a trace is of one that the plan chooses."""
        if "train_rate" in wildcards:
            return self._plan.name_of(wildcards["train_rate"])
        return self._plan.traced(wildcards["task"])[wildcards["method"]].train_rate

    def _model(self, wildcards: Wildcards) -> tuple[str, ...]:
        return (self._config.trained[wildcards["method"]].method.learner_module,)

    def count_parameters(self, wildcards: Wildcards) -> Stage:
        """The networks of every method."""
        return Stage({}, (*fact_modules(), *learner_modules()))

    def score(self, wildcards: Wildcards) -> Stage:
        """What a task is scored by."""
        return Stage(self._scored(wildcards))

    def _media_places(self) -> dict[str, dict[str, Any]]:
        """Only where the page links to recordings is it of any matter where they lie."""
        if not self._config.report.media:
            return {}
        corpora = self._config.corpora
        return {
            name: {"root": str(corpora[name].root), "links": list(corpora[name].links)}
            for name in corpora
        }

    def report(self, wildcards: Wildcards) -> Stage:
        """The study, and the looks of its page."""
        config, plan = self._config, self._plan

        return Stage(
            {
                "report": dump(config.report),
                "corpora": {name: list(plan.encodings(name)) for name in config.corpora},
                "methods": {name: dump(entry.method) for name, entry in config.trained.items()},
                "order": list(config.trained),
                "first_set": next(iter(sets_of(config.features))),
                "tasks": {name: dump(config.tasks[name]) for name in plan.tasks},
                "classes": {name: list(config.tasks[name].classes) for name in plan.tasks},
                "protocol": dump(config.protocol),
                "train": dump(config.train),
                "media": self._media_places(),
            },
            fact_modules(config.methods[name] for name in config.train.methods),
        )
