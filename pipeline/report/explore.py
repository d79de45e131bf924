"""Every test utterance of a task for a person to look at: who said what, and what was told of it.

Of the main method, one run for each fold: the first seed. templates/explore.js draws it.

Shapes: U utterances, M modalities of the task.
"""

import json
from collections.abc import Iterator, Sequence
from math import isfinite
from typing import Any

import pandas as pd

from pipeline.base.records import Utterance
from pipeline.base.tables import read_rows
from pipeline.evaluation.scoring import read_confident
from pipeline.evaluation.sentiment import SIGNS
from pipeline.report.masked_folds import MaskedFold, masked_folds
from pipeline.report.task_data import RunFiles, TaskResults
from pipeline.report.views import ExploreView

MAX_UTTERANCES = 20_000  # beyond it a page is slow to open; CMU-MOSEI tests 4,659
THERE, WITHHELD, NEVER = "t", "w", "n"


def explore_view(results: TaskResults, *, is_text_shown: bool) -> ExploreView:
    """What the page holds of each test utterance; dialogues that are too many are left out."""
    run = _first_runs(results)
    shown = _shown(results, set(run["utterance_id"]))
    places = {row.utterance_id: place for place, row in enumerate(shown)}
    conditions = [name for name in results.conditions if name in set(run["rate"])]

    data = {
        "measured": results.task.measured,
        "classes": list(_classes(results)),
        "modalities": list(results.section.sorted_modalities),
        "conditions": conditions,
        "utterances": [_utterance(row, is_text_shown) for row in shown],
        "gold": _gold(run, places),
        "told": {name: _told(run[run["rate"] == name], places) for name in conditions},
        "states": _states(results, places, conditions),
    }
    return ExploreView(
        name=results.name,
        method=results.main.label,
        data=_as_script(data),
        n_utterances=len(shown),
        n_left_out=len(set(run["utterance_id"])) - len(shown),
    )


def _first_runs(results: TaskResults) -> pd.DataFrame:
    """Predictions of the main method's first seed in each fold; an utterance in one fold alone."""
    way = results.evaluation_of(results.main)
    runs = results.runs(results.main.name, way)
    first = {fold: min(run.seed for run in runs if run.fold == fold) for fold in _folds(runs)}

    found = []
    for run in runs:
        if run.seed == first[run.fold]:
            table = read_confident(run.folder / "predictions.csv", results.section.kind)
            found.append(table if way == "ume" else table[table["rate"] == run.train_rate])
    return pd.concat(found).drop_duplicates(["rate", "utterance_id"])


def _folds(runs: Sequence[RunFiles]) -> set[int]:
    return {run.fold for run in runs}


def _shown(results: TaskResults, tested: set[str]) -> list[Utterance]:
    """Whole dialogues, as many as fit."""
    dialogues: dict[str, list[Utterance]] = {}
    for row in read_rows(results.corpus / "utterances.csv", Utterance):
        if row.utterance_id in tested:
            dialogues.setdefault(row.dialogue_id, []).append(row)

    shown: list[Utterance] = []
    for rows in dialogues.values():
        if len(shown) + len(rows) <= MAX_UTTERANCES:
            shown += sorted(rows, key=lambda row: row.turn)
    return shown


def _classes(results: TaskResults) -> tuple[str, ...]:
    return SIGNS if results.task.measured == "sentiment" else results.classes


def _utterance(row: Utterance, is_text_shown: bool) -> dict[str, Any]:
    return {
        "id": row.utterance_id,
        "dialogue": row.dialogue_id,
        "speaker": row.speaker,
        "start": row.start_s,
        "end": row.end_s if isfinite(row.end_s) else None,
        "text": row.text if is_text_shown else "",
    }


def _gold(run: pd.DataFrame, places: dict[str, int]) -> list[Any]:
    """(U,) target of each utterance: a class, or a number."""
    gold: list[Any] = [None] * len(places)
    for name, target in zip(run["utterance_id"], run["target"], strict=True):
        if name in places:
            gold[places[name]] = _value(target)
    return gold


def _told(run: pd.DataFrame, places: dict[str, int]) -> list[Any]:
    """(U,) what was told: [class, its probability in %], or [number]."""
    told: list[Any] = [None] * len(places)
    columns = (run[name] for name in ("utterance_id", "predicted", "confidence"))
    for name, predicted, confidence in zip(*columns, strict=True):
        if name in places:
            share = [] if pd.isna(confidence) else [round(100 * confidence, 1)]
            told[places[name]] = [_value(predicted), *share]
    return told


def _value(told: str | float) -> str | float:
    return told if isinstance(told, str) else round(told, 3)


def _states(
    results: TaskResults, places: dict[str, int], conditions: list[str]
) -> dict[str, list[str]]:
    """For each condition (U,) words of M letters: there, withheld, or never there."""
    states = {name: [""] * len(places) for name in conditions}
    for masked in masked_folds(results):
        if masked.condition in states:
            for name, word in _words(masked):
                if name in places:
                    states[masked.condition][places[name]] = word
    return states


def _words(masked: MaskedFold) -> Iterator[tuple[str, str]]:
    rows = zip(masked.utterance_ids, masked.available, masked.extracted, strict=True)
    for name, available, extracted in rows:
        yield (
            str(name),
            "".join(
                NEVER if not there else THERE if kept else WITHHELD
                for kept, there in zip(available, extracted, strict=True)
            ),
        )


def _as_script(data: dict[str, Any]) -> str:
    """JSON that ends no element, whatever somebody said."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
