"""Where labels come from, in words: what people must know before they believe one."""

from collections.abc import Iterator, Sequence
from typing import Any

from pipeline.base.wording import counted
from pipeline.config.settings import dump
from pipeline.tools.label.trained import Facts, TrainedRun

SYNTHETIC = (
    "these labels come from a model that was trained on synthetic data: they show that everything "
    "works, and say nothing about people"
)
ELSEWHERE = (
    "expected accuracy is that of the runs' own test roles, for what was found of a row: with "
    "people, rooms and languages that they do not know it is lower, nobody knows by how much"
)


def origin_lines(runs: Sequence[TrainedRun]) -> Iterator[str]:
    """What the runs are; that their data are synthetic comes first."""
    corpora = [run.facts.corpus for run in runs]
    if any(corpus is not None and corpus.synthetic for corpus in corpora):
        yield SYNTHETIC
    for run in runs:
        yield f"{run.facts.name.in_words()}: trained on {trained_on(run.facts)}"
    if any(run.calibration is not None and not run.calibration.reason for run in runs):
        yield ELSEWHERE
    for run in runs:
        yield from _doubts(run)


def trained_on(facts: Facts) -> str:
    """On how much of which corpus."""
    n = (facts.n_utterances or {}).get("train")
    amount = "an unknown number of utterances" if n is None else counted(n, "utterance")
    corpus = facts.corpus.in_words() if facts.corpus else "a corpus that run.json does not name"
    return f"{amount} of {corpus}"


def _doubts(run: TrainedRun) -> Iterator[str]:
    """What the labels of a run do not show."""
    model, classes = run.facts.method.model, run.facts.task.classes
    if run.learner.sees_padding:
        yield "`padding: published`: an utterance's label depends on the other dialogues too"

    if classes and not run.learner.gives_logits:
        yield f"{model} compares classes by inner products: the table has no probabilities"
    elif not run.learner.gives_logits:
        yield f"{model} predicts a sign: the size of its numbers says nothing"
    elif run.calibration is None:
        yield (
            f"{run.facts.name.in_words()} has no calibration.json: no expected accuracy, and "
            "probabilities are the network's own, which are often too sure; run `snakemake` anew"
        )
    elif run.calibration.reason:
        yield f"{run.facts.name.in_words()} is not calibrated: {run.calibration.reason}"
    elif run.calibration.unfitted:
        yield f"{run.facts.name.in_words()} has no temperature: {run.calibration.unfitted}"
    elif run.calibration.fitted_on == "test":
        yield (
            f"{run.facts.name.in_words()} was calibrated on the role that it is judged on "
            "(`protocol: paper`): its expected accuracy is too good to be true"
        )

    if not classes and run.facts.center is None:
        yield (
            "run.json is of an earlier version and does not say its task's `center`: labels are "
            "distances to it"
        )


def origin_facts(runs: Sequence[TrainedRun]) -> list[dict[str, Any]]:
    """The same for programs: of each run its name, its corpus, and on how much it was trained."""
    return [
        {
            **dump(run.facts.name),
            "model": run.facts.method.model,
            "corpus": dump(run.facts.corpus) if run.facts.corpus else None,
            "n_utterances": run.facts.n_utterances,
            "is_calibrated": run.calibration is not None and not run.calibration.reason,
        }
        for run in runs
    ]
