"""A finished run, read from its folder alone: what it was, and its learner."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import torch
from pydantic import Field

from models.learner import Learner, TaskShape
from models.own_modules import is_own
from models.vocabulary import Kind
from pipeline.base.arrays import Arrays, read_arrays
from pipeline.base.errors import SettingsError
from pipeline.base.records import MODALITIES, Modality, Role
from pipeline.config.about import Provenance
from pipeline.config.extraction import Extraction
from pipeline.config.methods import MethodSettings
from pipeline.config.settings import Section, parse_section
from pipeline.config.tasks import SIGNS, ScoredTask
from pipeline.conversations.standardize import Standardization
from pipeline.evaluation.calibration import FILE, Calibration
from pipeline.evaluation.temperature import POOLED
from pipeline.tools.label.errors import LabelError
from pipeline.training.learners import build_for
from pipeline.training.session import unpack_weights

Positive = Annotated[int, Field(ge=1)]
WEIGHTS, RUN = "weights.safetensors", "run.json"
WITHOUT, TEACHER = "without", "teacher."  # header of weights: `export --model` leaves it out
SHOWN = 300  # characters of what torch says


class ShapeFacts(Section):
    """`shape` of run.json."""

    feature_dims: Annotated[dict[Modality, Positive], Field(min_length=1)]
    n_outputs: Positive
    kind: Kind
    max_utterances: Positive
    n_speakers: Positive


class Origin(Section):
    """`encoders.<modality>` of run.json: what made the features that the run was trained on."""

    encoder: str
    weights: str
    pooling: str
    precision: str
    libraries: dict[str, str] | None = None  # versions of what computed them; None: not recorded


class RunName(Section):
    """What tells one run of a study from the others; "" and None: run.json does not say."""

    task: str = ""
    method: str = ""
    train_rate: str = ""
    fold: int | None = None
    seed: Annotated[int, Field(ge=0)]

    def in_words(self) -> str:
        """As people call it: `iteacnet of demo4, trained at 0.7, fold 0, seed 1`."""
        fold = "" if self.fold is None else f", fold {self.fold}"
        rate = f", trained at {self.train_rate}" if self.train_rate else ""
        return f"{self.method or 'a run'} of {self.task or 'a task'}{rate}{fold}, seed {self.seed}"


class Facts(Section):
    """What labelling reads of run.json."""

    name: RunName
    corpus: Provenance | None  # None: the run is older than the record
    n_utterances: dict[Role, int] | None

    task: ScoredTask
    method: MethodSettings
    standardize: bool
    shape: ShapeFacts
    encoders: dict[Modality, Origin] | None  # None: the run is older than the record
    extraction: Extraction | None  # what made the features; None: nobody knows
    center: float | None  # what numbers are distances to; None: older, or of classes

    @property
    def modalities(self) -> tuple[Modality, ...]:
        """Those that the run was trained on, in their order."""
        return tuple(m for m in MODALITIES if m in self.shape.feature_dims)

    def task_shape(self) -> TaskShape:
        """The shape that the networks were built with."""
        return TaskShape(
            feature_dims={m: self.shape.feature_dims[m] for m in self.modalities},
            n_outputs=self.shape.n_outputs,
            kind=self.shape.kind,
            max_utterances=self.shape.max_utterances,
            n_speakers=self.shape.n_speakers,
        )


@dataclass(frozen=True)
class TrainedRun:
    """Facts, learner on the CPU, and the statistics of its inputs if they were standardised."""

    facts: Facts
    learner: Learner
    standardization: Standardization | None
    calibration: Calibration | None  # None: the run is older than its record


def read_run(folder: Path, trusted: Sequence[str] = ()) -> TrainedRun:
    """Read weights.safetensors and run.json of a run's folder.

    A run may name a module outside this repository: it is imported only where `trusted` names it.
    """
    if missing := [name for name in (WEIGHTS, RUN) if not (folder / name).is_file()]:
        raise LabelError(
            f"{folder} has no {' and no '.join(missing)}: RUN is the folder of a finished run, "
            "build/TASK/runs/METHOD/RATE/foldN_seedN"
        )

    facts = read_facts(folder / RUN, trusted)
    arrays, header = read_arrays(folder / WEIGHTS)
    return TrainedRun(
        facts,
        _learner(folder, facts, arrays, has_teacher=header.get(WITHOUT) != TEACHER),
        _standardization(folder, facts, arrays),
        _calibration(folder / FILE, facts),
    )


def read_facts(path: Path, trusted: Sequence[str] = ()) -> Facts:
    """The part of run.json that labelling reads, checked."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        picked = _picked(values)
        _check_own(path, "a model", str(picked["method"]["model"]), trusted)
        facts = parse_section(picked, Facts, where=str(path))
    except KeyError as error:
        raise LabelError(f"{path} lacks the key {error}: it is not a run.json of `train`") from None
    except SettingsError as error:
        raise LabelError(str(error).replace("config: ", "")) from None
    except (ValueError, TypeError, RecursionError) as error:
        raise LabelError(f"{path} cannot be read as run.json: {error}") from None

    for module in facts.extraction.own_modules() if facts.extraction else ():
        _check_own(path, "an encoder", module, trusted)
    n_outputs = 1 if facts.task.kind == "regression" else len(facts.task.classes)
    if (facts.shape.kind, facts.shape.n_outputs) != (facts.task.kind, n_outputs):
        raise LabelError(
            f"{path} contradicts itself: {facts.task.kind} with {len(facts.task.classes)} classes, "
            f"but a network for {facts.shape.kind} with {facts.shape.n_outputs} outputs"
        )
    return facts


def _check_own(path: Path, what: str, module: str, trusted: Sequence[str]) -> None:
    """A run comes from anywhere: no module is imported because run.json says so."""
    if is_own(module) and module not in trusted:
        raise LabelError(
            f"{path} names {what} outside this repository, {module}: its code would run here. "
            f"Where you know it, say so: --trust {module}"
        )


def _picked(values: Any) -> dict[str, Any]:
    settings = values["settings"]

    return {
        "task": {"kind": settings["kind"], "classes": settings["classes"]},
        "method": {"model": settings["model"], "settings": settings["method"]},
        "standardize": settings["standardize"],
        "name": {
            "seed": values["seed"],
            **{key: values[key] for key in RunName.model_fields if key in values},
        },
        "corpus": values.get("corpus"),
        "n_utterances": values.get("n_utterances"),
        "shape": values["shape"],
        "encoders": values.get("encoders"),
        "extraction": values.get("extraction"),
        "center": values.get("center"),
    }


def _learner(folder: Path, facts: Facts, arrays: Arrays, *, has_teacher: bool) -> Learner:
    """Built for the run's own shape, whatever the new corpus is like.

    A teacher that is not there stays as it was drawn: it is not asked.
    """
    try:
        n_stored = sum(array.size for array in arrays.values())
        learner = build_for(facts.method, facts.task_shape(), n_stored)
        state = unpack_weights(arrays)
        if not has_teacher:
            idle = learner.state_dict().items()
            state |= {name: value for name, value in idle if name.startswith(TEACHER)}
        learner.load_state_dict(state)
    except (RuntimeError, ValueError, TypeError) as error:
        said = " ".join(str(error).split())[:SHOWN]
        raise LabelError(
            f"{folder / WEIGHTS} does not fit {RUN} beside it, or this version of the code; "
            f"train the run anew with `snakemake` ({said})"
        ) from None

    if not all(torch.isfinite(value).all() for value in learner.state_dict().values()):
        raise LabelError(f"{folder / WEIGHTS} holds NaN or infinity: train the run anew")
    return learner


def _calibration(path: Path, facts: Facts) -> Calibration | None:
    """What the run's probabilities are worth; a file of other classes is not this run's."""
    if not path.is_file():
        return None
    try:
        values = dict(json.loads(path.read_text(encoding="utf-8")))
        values.pop("refuted", None)  # a former version let the test role decide so much
        found = parse_section(values, Calibration, where=str(path))
    except (TypeError, SettingsError, ValueError, RecursionError) as error:
        said = str(error).removeprefix("config: ").removeprefix(f"{path}: ")
        raise LabelError(f"{path}: {said}") from None

    expected = facts.task.classes or SIGNS
    if not found.reason and (found.classes != expected or POOLED not in found.temperatures):
        raise LabelError(
            f"{path} is of {', '.join(found.classes)}, the run of {', '.join(expected)}"
        )
    return found


def _standardization(folder: Path, facts: Facts, arrays: Arrays) -> Standardization | None:
    """Mean and scale of every modality, where the run was trained on standardised features."""
    if not facts.standardize:
        return None
    try:
        found = Standardization.from_arrays(arrays)
    except (KeyError, ValueError):
        found = None

    for modality, dim in facts.shape.feature_dims.items():
        for kind in ("means", "scales"):
            vector = getattr(found, kind, {}).get(modality)
            if vector is None or vector.shape != (dim,):
                raise LabelError(
                    f"{folder / WEIGHTS} has no {kind} of {dim} {modality} features, but {RUN} "
                    "says that they were standardised: train the run anew"
                )
    return found
