"""Tries a method on small random dialogues, before it is trained on yours.

    python -m pipeline check-method NAME [--configfile config.yaml]

NAME is one of `methods`, its model one of ours or a module of your own (docs/extend.md). Checked,
for classes and for numbers: it trains; the same seed gives the same weights; a fresh learner with
its weights predicts the same; what else is in a batch changes nothing; and it sees neither what is
withheld nor a label; where it embeds vectors once for all rates, that changes nothing. Exit code 1
where one fails.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args

import torch
from torch import Tensor

from models.batch import ConversationBatch
from models.fast.feature_rows import WithheldError
from models.learner import Learner, TaskShape
from models.vocabulary import Kind
from pipeline.base.errors import SettingsError
from pipeline.config.configuration import read_config
from pipeline.config.methods import Method
from pipeline.tools.trial_dialogues import (
    DIMS,
    LENGTHS,
    N_CLASSES,
    alone_of,
    make_batch,
    rows_shown,
    with_garbage,
)
from pipeline.training.learners import build_learner
from pipeline.training.optimizers import PhaseOptimizers

N_EPOCHS, SEED = 2, 0
KINDS: tuple[Kind, ...] = get_args(Kind)
TOLERANCE = 1e-4  # of float32 sums in another order, on outputs of the size of 1


@dataclass(frozen=True)
class Trial:
    """A method on one kind of task: what it is built for, and what it is shown."""

    method: Method
    kind: Kind
    batch: ConversationBatch

    def build(self, seed: int = SEED) -> Learner:
        """A fresh learner."""
        torch.manual_seed(seed)
        n_outputs = N_CLASSES if self.kind == "classification" else 1
        shape = TaskShape(DIMS, n_outputs, self.kind, max(LENGTHS), n_speakers=2)
        return build_learner(self.method, shape)

    def train(self, learner: Learner) -> Learner:
        """Two epochs of each phase, as training goes."""
        batch = self.batch
        if learner.batching != "dialogues":
            batch = batch.utterances(batch.valid.flatten().nonzero().squeeze(1))

        learner.prepare(batch)
        learner.tune(batch.complete(), _closeness)

        for phase in learner.phases():
            optimizers = PhaseOptimizers(phase)
            shown = batch.complete() if phase.is_complete else batch
            for _ in range(N_EPOCHS):
                learner.train()
                for group in range(len(phase.groups) if phase.alternate else 1):
                    learner.loss(shown, phase.name, group).total.backward()  # type: ignore[no-untyped-call]
                    (optimizers.groups[group] if phase.alternate else optimizers).step()
            learner.finish_phase(phase.name)
        return learner

    def predict(self, learner: Learner, batch: ConversationBatch) -> Tensor:
        """(n, C): what it says of the valid utterances of a batch without what is withheld."""
        learner.eval()
        torch.manual_seed(SEED)
        with torch.no_grad():
            return learner.predict(batch.for_prediction())[batch.valid]


def _closeness(target: Tensor, outputs: Tensor) -> float:
    """A score that rises as outputs come near: stands for what epochs are selected by."""
    aim = outputs.gather(1, target.long().clamp(min=0)[:, None]) if outputs.shape[1] > 1 else None
    return float(aim.mean() if aim is not None else -(outputs[:, 0] - target).abs().mean())


def main(argv: Sequence[str] | None = None) -> None:
    """Read the command line, check, exit with 1 where something fails."""
    args = _parse(argv)
    try:
        methods = read_config(args.configfile).methods
    except SettingsError as error:
        raise SystemExit(f"error: {error}") from None

    if args.method not in methods:
        raise SystemExit(
            f"error: {args.configfile} has no method {args.method!r} below `methods`; it has "
            f"{', '.join(methods)}"
        )

    faults = list(faults_of(methods[args.method]))
    for fault in faults:
        print(f"FAILED  {fault}")
    if faults:
        sys.exit(1)
    print(f"{args.method} ({methods[args.method].model}): {', '.join(CHECKS)} hold")


def faults_of(method: Method) -> Iterator[str]:
    """What a method does not hold, each in a sentence."""
    for kind in KINDS:
        trial = Trial(method, kind, make_batch(kind))
        learner = trial.train(trial.build())
        for name, holds in CHECKS.items():
            try:
                fault = holds(trial, learner)
            except WithheldError as error:
                fault = f"predict reads what is withheld: {error}"
            if fault:
                yield f"{name} ({kind}): {fault}"
                break  # what follows would fail for the same reason


def _withheld(trial: Trial, learner: Learner) -> str:
    """Predictions come without the withheld vectors, and do not follow the labels."""
    told = trial.predict(learner, trial.batch)
    if not told.isfinite().all():
        return "predictions hold NaN or infinity"
    others = replace(trial.batch, labels=trial.batch.labels.flip(0) * trial.batch.valid)
    if not torch.equal(told, trial.predict(learner, others)):
        return "with other labels in the batch the predictions differ: predict must not read them"
    return ""


def _determinism(trial: Trial, learner: Learner) -> str:
    """The same seed, the same weights; the same batch, the same prediction."""
    again = trial.train(trial.build()).state_dict()
    own = learner.state_dict()
    other = [name for name in own if not torch.equal(own[name], again[name])]
    if other:
        return f"trained twice from one seed, {', '.join(other[:3])} differ: draw by torch alone"
    first, second = (trial.predict(learner, trial.batch) for _ in range(2))
    return "" if torch.equal(first, second) else "it predicts otherwise the second time"


def _state(trial: Trial, learner: Learner) -> str:
    """A run is its weights: nothing that `predict` needs may lie outside `state_dict`."""
    fresh = trial.build(seed=SEED + 1)
    fresh.load_state_dict(learner.state_dict())
    if torch.equal(trial.predict(learner, trial.batch), trial.predict(fresh, trial.batch)):
        return ""
    return (
        "a fresh learner with its state_dict predicts otherwise: keep what `predict` needs in "
        "parameters or buffers"
    )


def _padding(trial: Trial, learner: Learner) -> str:
    """A dialogue's prediction is the same alone, in company, and beside any padding."""
    if learner.sees_padding:
        return ""

    together = trial.predict(learner, trial.batch)
    alone = torch.cat(
        [trial.predict(learner, alone_of(trial.batch, number)) for number in range(len(LENGTHS))]
    )
    beside = trial.predict(learner, with_garbage(trial.batch))

    for other, what in ((alone, "alone"), (beside, "beside other values on the padding")):
        if gap := _gap(together, other):
            return (
                f"a dialogue {what} is predicted otherwise (by {gap:.2g}): mask by `valid`, or set "
                "`sees_padding`"
            )
    return ""


def _embed(trial: Trial, learner: Learner) -> str:
    """What is embedded once for all rates is embedded alone, and predicted from as ever."""
    if not learner.embeds:
        return ""

    vectors = rows_shown(trial.batch)
    with torch.no_grad():
        together = learner.eval().embed(vectors)
        half = learner.embed({name: value[::2] for name, value in vectors.items()})
    for name, value in together.items():
        if gap := _gap(value[::2], half[name]):
            return f"a vector ({name}) in other company is embedded otherwise (by {gap:.2g})"

    size = trial.batch.valid.shape
    grids = {name: value.view(*size, -1) for name, value in together.items()}
    batch = replace(trial.batch, features=grids).for_prediction()
    with torch.no_grad():
        embedded = learner.predict_embedded(batch)[trial.batch.valid]
    if gap := _gap(trial.predict(learner, trial.batch), embedded):
        return f"`predict_embedded` predicts otherwise than `predict` (by {gap:.2g})"
    return ""


def _gap(first: Tensor, second: Tensor) -> float:
    """How far two results are apart, 0 where sums in another order explain it."""
    gap = float((first - second).abs().max())
    return gap if gap > TOLERANCE * max(1.0, float(first.abs().max())) else 0.0


CHECKS: dict[str, Callable[[Trial, Learner], str]] = {
    "determinism": _determinism,
    "withheld": _withheld,
    "state": _state,
    "padding": _padding,
    "embed": _embed,
}


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m pipeline check-method",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("method", metavar="NAME", help="one of `methods`")
    parser.add_argument(
        *("--configfile", "-c"), type=Path, default=Path("config.yaml"), help="default: config.yaml"
    )
    return parser.parse_args(argv)


if __name__ == "__main__":
    main()
