"""What the workflow has to make, and the one param that decides whether a rule runs again.

Snakemake does not see edits of imported modules, nor most edits of the configuration (FIELD 3.2).
So each rule has one string param: JSON of exactly the configuration that it reads, with `code`,
the digest of the first-party modules that it runs. `Plan.stage` makes it. Where a corpus or the
cache lies is no part of it: moving a folder costs nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pipeline.config import Config
from pipeline.corpora.fingerprint import fingerprint
from pipeline.corpora.readers import READERS, which_face
from pipeline.features.catalogue import module_of
from pipeline.features.weights import weights_fingerprint
from pipeline.files import canonical_json
from pipeline.provenance import code_digest
from pipeline.records import MODALITIES, Modality
from pipeline.sections.methods import model_module
from pipeline.settings import dump

Wildcards = Mapping[str, str]


@dataclass(frozen=True, order=True)
class Run:
    """One training: which method on which task, at which rate, fold and seed."""

    task: str
    method: str
    train_rate: str
    fold: int
    seed: int

    @property
    def folder(self) -> str:
        """Where its artefacts lie."""
        runs = f"build/{self.task}/runs/{self.method}/{self.train_rate}"
        return f"{runs}/fold{self.fold}_seed{self.seed}"


class Plan:
    """A validated configuration, seen as artefacts and rules."""

    def __init__(self, config: Config) -> None:
        self.config = config

    @property
    def tasks(self) -> tuple[str, ...]:
        """Tasks that are trained and scored."""
        return self.config.train.tasks or tuple(self.config.tasks)

    def modalities(self, corpus: str) -> tuple[Modality, ...]:
        """Modalities that a corpus has: those that its tasks use, or all."""
        used = [set(t.modalities) for t in self.config.tasks.values() if t.corpus == corpus]
        return tuple(m for m in MODALITIES if not used or any(m in one for one in used))

    def n_folds(self, task: str) -> int:
        """Folds of a task, known before any data is read."""
        folds = self.config.tasks[task].folds
        return 1 if folds.by == "official" else folds.k

    def folds(self, task: str) -> tuple[int, ...]:
        """Folds of a task that are run."""
        return self.config.tasks[task].folds.only or tuple(range(self.n_folds(task)))

    def train_rates(self, method: str) -> tuple[str, ...]:
        """Rates that a method is trained at: one for UME, each for IME; a shared one once."""
        wanted = self.config.methods[method].evaluations
        unified = [self.config.train.train_rate] if "ume" in wanted else []
        independent = [str(rate) for rate in self.config.protocol.rates] if "ime" in wanted else []
        return tuple(dict.fromkeys(unified + independent))

    def rates(self, method: str, train_rate: str) -> tuple[str, ...]:
        """Rates that a run is tested at: all of them under UME, its own under IME."""
        is_unified = "ume" in self.config.methods[method].evaluations
        if is_unified and train_rate == self.config.train.train_rate:
            return tuple(str(rate) for rate in self.config.protocol.rates)
        return (train_rate,)

    def runs(self, task: str) -> list[Run]:
        """Every training of a task."""
        return [
            Run(task, method, train_rate, fold, seed)
            for method in self.config.train.methods
            for train_rate in self.train_rates(method)
            for fold in self.folds(task)
            for seed in self.config.train.seeds
        ]

    def masks(self, task: str) -> list[str]:
        """Files of the stored test masks of a task."""
        protocol = self.config.protocol
        return [
            f"build/{task}/availability/{rate}_{protocol.mask_seed}.safetensors"
            for rate in protocol.rates
        ]

    def stage(self, rule: str, wildcards: Wildcards) -> str:
        """The one param of a rule: its settings and the digest of its code, as JSON."""
        settings, modules = self._stages[rule](wildcards)
        code = code_digest(f"pipeline.stages.{rule}", *modules)
        return canonical_json({**settings, "code": code})

    @cached_property
    def _stages(self) -> dict[str, Callable[[Wildcards], tuple[dict[str, Any], list[str]]]]:
        return {
            "make_demo": self._make_demo,
            "build_manifest": self._build_manifest,
            "import_features": self._import_features,
            "crop_faces": self._crop_faces,
            "extract_features": self._extract_features,
            "join_features": lambda wildcards: ({}, []),
            "assign_splits": self._assign_splits,
            "draw_availability": self._draw_availability,
            "count_parameters": self._count_parameters,
            "train": self._train,
            "predict": self._predict,
            "score": self._score,
            "report": self._report,
        }

    def _make_demo(self, wildcards: Wildcards) -> tuple[dict[str, Any], list[str]]:
        demo = self.config.corpora[wildcards["corpus"]].make_demo
        return (dump(demo) if demo else {}), []

    def _build_manifest(self, wildcards: Wildcards) -> tuple[dict[str, Any], list[str]]:
        corpus = self.config.corpora[wildcards["corpus"]]
        settings = {key: value for key, value in dump(corpus).items() if key != "root"}
        files = "" if corpus.make_demo else fingerprint(corpus)
        return {"corpus": settings, "files": files}, [READERS[corpus.reader]]

    def _import_features(self, wildcards: Wildcards) -> tuple[dict[str, Any], list[str]]:
        corpus = self.config.corpora[wildcards["corpus"]]
        return {"source": dump(corpus)["import"], "files": fingerprint(corpus)}, []

    def _crop_faces(self, wildcards: Wildcards) -> tuple[dict[str, Any], list[str]]:
        settings = self.config.crop_faces
        reader = self.config.corpora[wildcards["corpus"]].reader
        chosen = which_face(reader) if settings.which_face == "auto" else settings.which_face
        return {**dump(settings), "which_face": chosen}, []

    def _extract_features(self, wildcards: Wildcards) -> tuple[dict[str, Any], list[str]]:
        modality = next(m for m in MODALITIES if m == wildcards["modality"])
        settings = getattr(self.config.features, modality)
        weights = weights_fingerprint(modality, settings, self.config.cache)
        module = module_of(modality, settings.encoder)
        return {"encoder": dump(settings), "weights": weights}, [module]

    def _assign_splits(self, wildcards: Wildcards) -> tuple[dict[str, Any], list[str]]:
        task = dump(self.config.tasks[wildcards["task"]])
        return {"task": task, "protocol": self.config.protocol.name}, []

    def _draw_availability(self, wildcards: Wildcards) -> tuple[dict[str, Any], list[str]]:
        task = self.config.tasks[wildcards["task"]]
        modalities = [m for m in MODALITIES if m in task.modalities]
        return {"generator": self.config.protocol.generator, "modalities": modalities}, []

    def _train(self, wildcards: Wildcards) -> tuple[dict[str, Any], list[str]]:
        method = self.config.methods[wildcards["method"]]
        task, train = self.config.tasks[wildcards["task"]], self.config.train
        return {
            "task": dump(task),
            "protocol": dump(self.config.protocol),
            "method": {"model": method.model, "settings": dump(method.settings)},
            "train": {"n_epochs": train.n_epochs, "patience": train.patience},
        }, [model_module(method.model)]

    def _count_parameters(self, wildcards: Wildcards) -> tuple[dict[str, Any], list[str]]:
        models = ("iteacnet", "gcnet", "mmin", "cra", "ae", "cpmnet")
        return {}, [model_module(model) for model in models]

    def _predict(self, wildcards: Wildcards) -> tuple[dict[str, Any], list[str]]:
        settings, modules = self._train(wildcards)
        rates = self.rates(wildcards["method"], wildcards["train_rate"])
        return {**settings, "rates": rates}, modules

    def _score(self, wildcards: Wildcards) -> tuple[dict[str, Any], list[str]]:
        task = self.config.tasks[wildcards["task"]]
        return {"kind": task.kind, "classes": list(task.classes)}, []

    def _report(self, wildcards: Wildcards) -> tuple[dict[str, Any], list[str]]:
        shown = {name: dump(self.config.methods[name]) for name in self.config.train.methods}
        return {
            "report": dump(self.config.report),
            "corpora": {name: list(self.modalities(name)) for name in self.config.corpora},
            "methods": shown,
            "tasks": {name: dump(self.config.tasks[name]) for name in self.tasks},
            "protocol": dump(self.config.protocol),
            "train": dump(self.config.train),
        }, []
