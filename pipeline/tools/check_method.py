"""Tries a method on small random dialogues, before it is trained on yours.

    python -m pipeline check-method NAME [--configfile config.yaml]

NAME is one of `methods`, its model one of ours or a module of your own (docs/extend.md). Checked,
for classes and for numbers: it trains; the same seed gives the same weights; a fresh learner with
its weights predicts the same; what else is in a batch changes nothing; and it sees neither what is
withheld nor a label. Exit code 1 where one fails.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from models.batch import MODALITIES, ConversationBatch
from models.fast.feature_rows import WithheldError
from models.learner import Kind, Learner, TaskShape
from pipeline.base.errors import SettingsError
from pipeline.config.configuration import read_config
from pipeline.config.methods import Method
from pipeline.training.methods import build_learner
from pipeline.training.optimizers import PhaseOptimizers

DIMS = {"audio": 5, "text": 7, "visual": 6}
LENGTHS = (9, 4, 1, 12)
N_CLASSES, N_EPOCHS, SEED = 4, 2, 0
KINDS: tuple[Kind, ...] = ("classification", "regression")
TOLERANCE = 1e-4  # of float32 sums in another order, on outputs of the size of 1
GARBAGE = 9e3


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
    faults = list(check(methods[args.method]))
    for fault in faults:
        print(f"FAILED  {fault}")
    if faults:
        sys.exit(1)
    print(f"{args.method} ({methods[args.method].model}): {', '.join(CHECKS)} hold")


def check(method: Method) -> Iterator[str]:
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
        gap = float((together - other).abs().max())
        if gap > TOLERANCE * max(1.0, float(together.abs().max())):
            return (
                f"a dialogue {what} is predicted otherwise (by {gap:.2g}): mask by `valid`, or set "
                "`sees_padding`"
            )
    return ""


CHECKS: dict[str, Callable[[Trial, Learner], str]] = {
    "determinism": _determinism,
    "withheld": _withheld,
    "state": _state,
    "padding": _padding,
}


def make_batch(kind: Kind, seed: int = SEED) -> ConversationBatch:
    """Random dialogues of LENGTHS; cells are withheld, or were never extracted, at random."""
    rng = torch.Generator().manual_seed(seed)
    size = (len(LENGTHS), max(LENGTHS))
    valid = torch.arange(size[1]) < torch.tensor(LENGTHS)[:, None]
    three = (*size, len(MODALITIES))
    classes = torch.randint(0, N_CLASSES, size, generator=rng)
    values = torch.randint(-3, 4, size, generator=rng).float()
    return ConversationBatch(
        features={name: torch.randn(*size, dim, generator=rng) for name, dim in DIMS.items()},
        extracted=(torch.rand(three, generator=rng) >= 0.1) & valid[..., None],
        available=torch.rand(three, generator=rng) >= 0.4,
        valid=valid,
        speakers=torch.randint(0, 2, size, generator=rng) * valid,
        labels=(classes if kind == "classification" else values) * valid,
        rows=torch.where(valid, torch.arange(valid.numel()).view(size), -1),
    )


def alone_of(batch: ConversationBatch, number: int) -> ConversationBatch:
    """One dialogue of the batch, without padding."""
    names = ("extracted", "available", "valid", "speakers", "labels", "rows")
    cut = slice(number, number + 1), slice(0, LENGTHS[number])
    features = {name: value[cut] for name, value in batch.features.items()}
    return replace(batch, features=features, **{name: getattr(batch, name)[cut] for name in names})


def with_garbage(batch: ConversationBatch) -> ConversationBatch:
    """The same dialogues with other numbers where there is no utterance."""
    empty = ~batch.valid[..., None]
    features = {name: value.masked_fill(empty, GARBAGE) for name, value in batch.features.items()}
    return replace(batch, features=features, available=batch.available | empty)


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
