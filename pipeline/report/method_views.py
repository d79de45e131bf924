"""What the tables say of a method: its label, its place in a table, its design.

The design columns of Tables 1 and 2 are read off a method's settings, not off its name.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from models.iteacnet.settings import IteacnetSettings
from models.registry import find_method, our_methods
from pipeline.base.set_names import MARK
from pipeline.config.methods import MethodSettings
from pipeline.config.tasks import FLOORS, MAJORITY, TRAINING_MEAN
from pipeline.report.published import LABELS

ENCODERS = {"transformer": "TF", "nas": "NAS"}


@dataclass(frozen=True)
class MethodView:
    """One method. `design` is for ITEACNet alone: None for baselines and the majority class."""

    name: str
    label: str
    model: str
    evaluations: tuple[str, ...] = ()
    design: IteacnetSettings | None = None

    @property
    def is_baseline(self) -> bool:
        """A method of models/ that is not ITEACNet: one of the paper's five, or one added."""
        return self.design is None and self.model in our_methods()

    @property
    def is_teacher_only(self) -> bool:
        """Trained on complete data alone: the ablation of ECCE (Table 1)."""
        return self.design is not None and self.design.framework == "teacher_only"

    @property
    def is_framework_ablation(self) -> bool:
        """Another framework or other encoders than ITEACNet's own (Table 2)."""
        return self.design is not None and self.framework != ("ITS", "TF", "NAS")

    @property
    def context(self) -> tuple[str, str]:
        """Whether ECCE's local and global stages are on, as in Table 1."""
        context = self._design.context
        is_global = context.is_global
        return _tick(is_global and context.local != "off"), _tick(is_global)

    @property
    def framework(self) -> tuple[str, str, str]:
        """Training framework, teacher and student, as in Table 2.

        TS is the vanilla form: the teacher is the one with candidates to search among.
        """
        design = self._design
        teacher, student = ENCODERS[design.teacher.encoder], ENCODERS[design.student.encoder]
        if design.framework != "its":
            return "GCNet" if design.framework == "gcnet" else "-", teacher, "-"
        return "TS" if (teacher, student) == ("NAS", "TF") else "ITS", teacher, student

    @property
    def _design(self) -> IteacnetSettings:
        if self.design is None:
            raise ValueError(f"{self.name} ({self.model}) is not a form of ITEACNet")
        return self.design


# The guesses that never look: of classes and signs, and of values.
FLOOR_VIEWS = {name: MethodView(name, LABELS[name], name) for name in FLOORS}
FLOORS_SAID = {
    MAJORITY: "always naming the majority class",
    TRAINING_MEAN: "always saying the mean of training",
}


def method_views(
    methods: Mapping[str, MethodSettings], order: Sequence[str], first_set: str = ""
) -> tuple[MethodView, ...]:
    """Methods in the order of `train.methods`: the first one is the main one.

    `first_set` of several sets of features is no part of names, but told: "GCNet, base".
    """
    return tuple(_view(name, methods[name], first_set) for name in order)


def in_paper_order(methods: Sequence[MethodView]) -> list[MethodView]:
    """Baselines first, the paper's in its order; then the others, the main one last."""
    main, *others = methods
    ranked = [method for method in others if not method.is_baseline]
    baselines = [method for method in methods if method.is_baseline]
    baselines.sort(key=lambda method: find_method(method.model).paper_row or sys.maxsize)
    return [*baselines, *ranked, *([] if main.is_baseline else [main])]


def _view(name: str, method: MethodSettings, first_set: str) -> MethodView:
    settings = method.settings.typed()
    design = settings if isinstance(settings, IteacnetSettings) else None
    # A method that is called as its model is that model as published.
    plain, _, features = name.partition(MARK)
    known = find_method(plain).label if plain == method.model else LABELS.get(plain, plain)
    told = ", ".join(filter(None, [method.label or known, features or first_set]))
    return MethodView(name, told, method.model, method.evaluations, design)


def _tick(is_on: bool) -> str:
    return "✓" if is_on else "×"
