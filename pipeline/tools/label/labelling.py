"""From runs and a corpus to rows with labels, reasons and doubts."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from pipeline.base.records import MODALITIES
from pipeline.tools.label.corpus import Corpus, read_new_corpus, warn
from pipeline.tools.label.errors import LabelError
from pipeline.tools.label.opinions import ask
from pipeline.tools.label.seen import face_rows, told_face
from pipeline.tools.label.table import NOTHING_FOUND, LabelRow, found_of, told_missing
from pipeline.tools.label.trained import TrainedRun
from pipeline.tools.label.verdicts import Verdict, check_alike, together

Lacks = Mapping[str, str]  # why each modality that is missing is so


class SeenFaces(NamedTuple):
    """What there was of an utterance: modalities, why others are missing, whose the face is."""

    modalities: tuple[str, ...]
    missing: Lacks
    face: str


@dataclass(frozen=True)
class Labelled:
    """Rows in line, and the names that have a probability."""

    rows: list[LabelRow]
    names: tuple[str, ...]


def label_corpus(
    runs: Sequence[TrainedRun], folder: Path, device: torch.device, risk: float | None
) -> Labelled:
    """Ask every run about all of the corpus, and bring their answers together.

    `runs` are what `check_runs` has let pass. `risk`: a row whose probability of being wrong is
    above it gets no label; None: all get one.
    """
    opinions, ends = [], []
    unheard: list[str] = []
    lacks: list[Lacks] = []
    for run in runs:  # features of one run at a time: they are what is large
        corpus = read_new_corpus(folder, run.facts)
        unheard += _unheard(run, corpus)
        opinions.append(ask(run, corpus, device))
        ends.append(corpus.ends_s)
        own = [corpus.lacks(line) for line in range(len(corpus.utterances))]
        lacks = [{**known, **new} for known, new in zip(lacks or own, own, strict=True)]

    for text in dict.fromkeys(unheard):
        warn(text)
    verdict = together(runs, opinions)
    seen = list(_seen(folder, runs, corpus, lacks, verdict))
    reasons = _reasons(runs, corpus, verdict, seen, risk)
    rows = _rows(corpus, np.fmax.reduce(ends), verdict, seen, reasons)
    return Labelled(list(rows), verdict.names)


def _seen(
    folder: Path,
    runs: Sequence[TrainedRun],
    corpus: Corpus,
    lacks: Sequence[Lacks],
    verdict: Verdict,
) -> Iterator[SeenFaces]:
    """Of each utterance in line: what no run found is missing, whatever one of them lacks."""
    is_looked_at = any("visual" in run.facts.modalities for run in runs)
    faces = face_rows(folder) if is_looked_at else {}

    for place, there, lack in zip(
        corpus.index.store_rows, found_of(verdict.found), lacks, strict=True
    ):
        missing: dict[str, str] = {
            name: lack[name] for name in MODALITIES if name in lack and name not in there
        }
        face = told_face(faces.get(corpus.utterances[place].utterance_id))
        yield SeenFaces(there, missing, face)


def check_runs(runs: Sequence[TrainedRun], risk: float | None) -> None:
    """Refuse runs that cannot label together, or not at a risk: before a video is looked at."""
    check_alike(runs)
    if risk is None:
        return
    for run in runs:
        if run.calibration is None or run.calibration.reason:
            why = run.calibration.reason if run.calibration else "it has no calibration.json"
            raise LabelError(
                f"--risk needs calibrated probabilities, and {run.facts.name.in_words()} has none: "
                f"{why}"
            )


def _reasons(
    runs: Sequence[TrainedRun],
    corpus: Corpus,
    verdict: Verdict,
    seen: Sequence[SeenFaces],
    risk: float | None,
) -> list[str]:
    """For each utterance in line why it gets no label, "" if it does."""
    risks = 1 - verdict.confidence
    dialogues = np.repeat(np.arange(len(corpus.index.lengths)), corpus.index.lengths)
    n_speakers = np.maximum.reduceat(corpus.index.speakers, corpus.index.starts) + 1
    most = max(run.learner.max_speakers or 0 for run in runs)

    reasons = []
    for row, label in enumerate(verdict.labels):
        if not verdict.found[row].any():
            reasons.append(f"{NOTHING_FOUND}: {told_missing(seen[row].missing)}")
        elif not label:
            n = n_speakers[dialogues[row]]
            reasons.append(f"dialogue of {n} speakers, the network takes at most {most}")
        elif risk is not None and risks[row] > risk:
            reasons.append(f"wrong with probability {risks[row]:.2f}, more than {risk:g}")
        else:
            reasons.append("")
    return reasons


def _rows(
    corpus: Corpus,
    ends_s: NDArray[np.float64],
    verdict: Verdict,
    seen: Sequence[SeenFaces],
    reasons: Sequence[str],
) -> Iterator[LabelRow]:
    for row, place in enumerate(corpus.index.store_rows):
        is_said = bool(verdict.labels[row])
        low, middle, high = (float(value) for value in verdict.expected[row][[1, 0, 2]])

        yield LabelRow(
            utterance=corpus.utterances[place],
            end_s=float(ends_s[row]),
            modalities=seen[row].modalities,
            label="" if reasons[row] else verdict.labels[row],
            shares=tuple(verdict.shares[row].tolist()) if is_said else (),
            disagreement=float(verdict.disagreement[row]) if is_said else math.nan,
            expected=(middle, low, high),
            reason=reasons[row],
            missing=seen[row].missing,
            face=seen[row].face,
        )


def _unheard(run: TrainedRun, corpus: Corpus) -> Iterator[str]:
    """ITEACNet's fusion asks with the text: docs/equations.md, where it is blind."""
    hub = run.learner.blind_without
    if hub is None:
        return
    found = corpus.found
    n_unheard = int((found.any(axis=1) & ~found[:, MODALITIES.index(hub)]).sum())
    if n_unheard:
        yield (
            f"{n_unheard} of {len(found)} utterances have no {hub}: {run.facts.method.model} tells "
            "them by a mean over their dialogue, not by their own voice and face; a run with "
            "`fusion: aligned`, or of another method, hears these"
        )
