"""What decides whether a rule runs again: one string per job.

Snakemake does not see edits of imported modules, nor most edits of the configuration. So each rule
has one string param that its command does not read: JSON of exactly the configuration that decides,
with `code`, the digest of the first-party modules that it runs. Where a corpus, weights or the
cache lie is no part of it: moving a folder costs nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.base.digests import remembered_digest
from pipeline.base.files import canonical_json, text_digest
from pipeline.base.libraries import DETECTORS, versions_of
from pipeline.base.provenance import code_digest
from pipeline.base.yunet import yunet_place
from pipeline.config.conditions import is_rate
from pipeline.config.faces import detector_module
from pipeline.config.feature_sets import sets_of
from pipeline.config.methods import STRATEGIES, fact_modules, learner_modules, parse_train_rate
from pipeline.config.settings import dump
from pipeline.corpora.fingerprint import files_fingerprint, fingerprint
from pipeline.corpora.found import beside
from pipeline.corpora.readers import reader_module, which_face
from pipeline.features.cache.extractor import Weights
from pipeline.features.encoder_keys import encoder_ingredients
from pipeline.features.speech.fingerprints import decided
from pipeline.features.weights.catalogue import find_encoder
from pipeline.features.weights.locating import MISSING, weights_fingerprint
from pipeline.rules.plan import Plan

Wildcards = Mapping[str, str]
Values = dict[str, Any]


class Untracked(str):
    """A param that never makes a rule run again: Snakemake compares params by their `repr`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "untracked"


@dataclass(frozen=True)
class Stage:
    """What a stage is handed and, where that says more than decides its output, what decides."""

    settings: Values
    modules: tuple[str, ...] = ()  # that it imports by name
    deciding: Values | None = None


class Decisions:
    """The params of every rule of a plan."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._config = plan.config
        self._stages: dict[str, Stage] = {}  # Snakemake asks often; folders are looked at once

    def key(self, rule: str, wildcards: Wildcards) -> str:
        """JSON of all that decides what a job writes, its inputs aside."""
        stage = self._stage(rule, wildcards)
        deciding = stage.settings if stage.deciding is None else stage.deciding
        return canonical_json({**deciding, "code": self.code(rule, wildcards)})

    def digest(self, rule: str, wildcards: Wildcards) -> str:
        """Sha256 of the key, short enough for a seal and a command line."""
        return text_digest(self.key(rule, wildcards))

    def settings(self, rule: str, wildcards: Wildcards) -> Untracked:
        """JSON of what a stage is handed; it may hold more than decides: places of weights."""
        return Untracked(canonical_json(self._stage(rule, wildcards).settings))

    def code(self, rule: str, wildcards: Wildcards) -> Untracked:
        """Digest of the first-party modules that a job runs."""
        return Untracked(code_digest(*self.modules(rule, wildcards)))

    def modules(self, rule: str, wildcards: Wildcards) -> tuple[str, ...]:
        """What a job runs: its stage, and modules that the stage imports by name."""
        return (f"pipeline.stages.{rule}", *self._stage(rule, wildcards).modules)

    def _stage(self, rule: str, wildcards: Wildcards) -> Stage:
        job = f"{rule} {sorted(wildcards.items())}"
        if job not in self._stages:
            self._stages[job] = getattr(self, f"_{rule}")(wildcards)
        return self._stages[job]

    def _make_demo(self, wildcards: Wildcards) -> Stage:
        demo = self._config.corpora[wildcards["corpus"]].make_demo
        return Stage(dump(demo) if demo else {})

    def _build_manifest(self, wildcards: Wildcards) -> Stage:
        corpus = self._config.corpora[wildcards["corpus"]]
        told = ("root", "about")  # where it lies, and what is only said of it
        settings = {key: value for key, value in dump(corpus).items() if key not in told}
        settings["make_demo"] = {} if corpus.make_demo else None  # how it is made is its own rule
        files = "" if corpus.make_demo else fingerprint(corpus)
        clips = self._plan.clips(wildcards["corpus"])
        found = {"clips": clips} if clips else {}  # what is in them, are inputs
        return Stage(
            {"corpus": settings},
            (reader_module(corpus.reader),),
            {"corpus": settings, "files": files, "n_shards": self._config.shards, **found},
        )

    def _find_speech(self, wildcards: Wildcards) -> Stage:
        root = Path(self._config.corpora[wildcards["corpus"]].root)
        media = self._plan.clips(wildcards["corpus"])[wildcards["clip"]]
        names = [media, *(file.relative for file in beside(root, media))]
        return self._speech("find_speech", files_fingerprint(root, names))

    def _tell_speakers(self, wildcards: Wildcards) -> Stage:
        return self._speech("tell_speakers")

    def _transcribe(self, wildcards: Wildcards) -> Stage:
        return self._speech("transcribe")

    def _speech(self, rule: str, files: str = "") -> Stage:
        assert self._config.speech is not None  # else no rule asks
        settings, deciding = decided(rule, self._config.speech, Path(self._config.cache))
        return Stage(settings, deciding={**deciding, "files": files})

    def _import_features(self, wildcards: Wildcards) -> Stage:
        corpus = self._config.corpora[wildcards["corpus"]]
        settings = {"source": dump(corpus)["import"], "links": list(corpus.links)}
        return Stage(settings, deciding={**settings, "files": fingerprint(corpus)})

    def _crop_faces(self, wildcards: Wildcards) -> Stage:
        faces = self._config.crop_faces
        reader = self._config.corpora[wildcards["corpus"]].reader
        chosen = which_face(reader) if faces.which_face == "auto" else faces.which_face
        settings = {**dump(faces), "which_face": chosen}
        weights = None
        if faces.detector == "yunet":
            file = yunet_place(faces.weights)
            is_there = file.is_file()
            weights = remembered_digest(file, Path(self._config.cache)) if is_there else MISSING
        module = detector_module(faces.detector)
        libraries = versions_of(DETECTORS[faces.detector])
        return Stage(settings, (module,), {**settings, "weights": weights, "libraries": libraries})

    def _extract_features(self, wildcards: Wildcards) -> Stage:
        encoding = self._config.encoders[wildcards["modality"]]
        modality, section = encoding.modality, encoding.settings
        values = dump(section)
        encoder = find_encoder(modality, values["encoder"])
        digest = weights_fingerprint(modality, section, self._config.cache)
        records = encoder_ingredients(modality, values, Weights(Path(), digest))
        detector = self._config.crop_faces.detector if modality == "visual" else None
        return Stage(
            {"encoder": values, "detector": detector},
            encoder.modules,
            {"records": records, "encoder": encoder.shown_name(values["encoder"])},
        )

    def _join_features(self, wildcards: Wildcards) -> Stage:
        return Stage({})

    def _check_tasks(self, wildcards: Wildcards) -> Stage:
        names = self._plan.tasks_of(wildcards["corpus"])
        tasks = {name: self._labeled(name) for name in names}
        tested = {name: self._n_folds(name) for name in names if name in self._plan.tests}
        known = {"n_folds_tested": tested} if tested else {}
        return Stage({"tasks": tasks, "protocol": self._config.protocol.name, **known})

    def _assign_splits(self, wildcards: Wildcards) -> Stage:
        name = wildcards["task"]
        known = {"n_folds_tested": self._n_folds(name)} if name in self._plan.tests else {}
        return Stage({"task": self._labeled(name), "protocol": self._config.protocol.name, **known})

    def _n_folds(self, name: str) -> int:
        return self._config.tasks[self._plan.task_of(name)].folds.n_folds

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

    def _draw_availability(self, wildcards: Wildcards) -> Stage:
        task = self._config.tasks[self._plan.task_of(wildcards["task"])]
        condition = self._plan.name_of(wildcards["rate"])
        settings = {"condition": condition, "modalities": list(task.sorted_modalities)}
        if is_rate(condition):
            settings["generator"] = self._config.protocol.generator
        return Stage(settings)

    def _train(self, wildcards: Wildcards) -> Stage:
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

    def _predict(self, wildcards: Wildcards) -> Stage:
        names = self._plan.test_rates(
            wildcards["task"], wildcards["method"], self._train_rate(wildcards)
        )
        settings = {
            "task": self._scored(wildcards),
            "method": self._method(wildcards),
            "rates": list(names),
        }
        return Stage(settings, self._model(wildcards))

    def _trace(self, wildcards: Wildcards) -> Stage:
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

    def _count_parameters(self, wildcards: Wildcards) -> Stage:
        return Stage({}, (*fact_modules(), *learner_modules()))

    def _score(self, wildcards: Wildcards) -> Stage:
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

    def _report(self, wildcards: Wildcards) -> Stage:
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
