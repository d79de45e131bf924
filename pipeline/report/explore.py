"""Every test utterance of a task for a person to look at: who said what, and what was told of it.

Of each method the mean over seeds (`told`), main method first, as many as keep the page small.
templates/explore.js draws it.

Shapes: U utterances, S conditions, M modalities of the task.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

import numpy as np
import pandas as pd

from pipeline.base.records import Utterance
from pipeline.base.tables import read_rows
from pipeline.base.wording import counted
from pipeline.config.tasks import SIGNS
from pipeline.evaluation.aggregate import run_table
from pipeline.report.comparison import reference_of
from pipeline.report.media_links import MediaFolder
from pipeline.report.method_views import MethodView
from pipeline.report.task_data import TaskResults
from pipeline.report.told import States, Told, states_of, told_by
from pipeline.report.views import ExploreView

MAX_UTTERANCES = 20_000  # beyond it a page is slow to open; CMU-MOSEI tests 4,659
MAX_TOLD = 1_000_000  # utterances x conditions x methods: about 7 MB of the page
MAX_LETTERS = 3_000_000  # of all words together
LONGEST_WORDS = 400  # letters of one utterance
NOTHING_TOLD = -1


@dataclass(frozen=True)
class Shown:
    """What the page may hold: words or not, and where the media lie, if anywhere."""

    is_text_shown: bool
    media: MediaFolder | None = None


@dataclass
class Table:
    """Different values by number, in order of their first use."""

    numbers: dict[Any, int] = field(default_factory=dict)

    def number(self, value: Any) -> int:
        """The value's place."""
        return self.numbers.setdefault(value, len(self.numbers))


def explore_view(results: TaskResults, shown: Shown) -> ExploreView:
    """What the page holds of each test utterance; dialogues that are too many are left out."""
    states = states_of(results)
    main = told_by(results, results.main, states)
    tested = set(main.table["utterance_id"])
    conditions = [name for name in results.conditions if name in set(main.table["rate"])]

    rows = _shown(results, tested, min(MAX_UTTERANCES, MAX_TOLD // max(len(conditions), 1)))
    places = {row.utterance_id: place for place, row in enumerate(rows)}
    methods = _chosen(results, len(rows) * len(conditions))
    tolds = {results.main.name: main}
    tolds |= {m.name: told_by(results, m, states) for m in methods if m != results.main}

    data = {
        "measured": results.task.measured,
        "classes": list(_classes(results)),
        "modalities": list(results.section.sorted_modalities),
        "conditions": conditions,
        **_utterances(rows, shown),
        "gold": _gold(results, main.table, places),
        **_states(states, places, conditions),
        "methods": [_method(results, m, tolds[m.name], places, conditions) for m in methods],
    }
    return ExploreView(
        name=results.name,
        data=_as_script(data),
        n_utterances=len(rows),
        said=" ".join(_said(results, methods, main, len(tested) - len(rows))),
    )


def _chosen(results: TaskResults, n_cells: int) -> list[MethodView]:
    """The main method, the one that it is compared with, and others while there is room."""
    way = results.evaluation_of(results.main)
    same = [method for method in results.methods if way in method.evaluations]
    runs = run_table(results.of_evaluation(way), results.measure.metric)
    reference = reference_of(results, runs, same)
    ordered = [results.main, *([reference] if reference else []), *results.methods]
    n_methods = max(1, MAX_TOLD // max(n_cells, 1))
    return list({method.name: method for method in ordered}.values())[:n_methods]


def _said(
    results: TaskResults, methods: Sequence[MethodView], main: Told, n_left_out: int
) -> Iterator[str]:
    """What the reader should know of what is shown."""
    if main.n_seeds > 1:
        yield f"Means over {main.n_seeds} seeds, which may differ from each single run of a table."

    if main.table["confidence"].notna().any():
        yield (
            "Probabilities are calibrated on the validation role."
            if main.is_calibrated
            else "Probabilities are the network's own, not calibrated."
        )

    if n_left_out:
        dialogues = "of further dialogues are left out, to keep the page small"
        yield f"{counted(n_left_out, 'utterance')} {dialogues}."
    if absent := [m.label for m in results.methods if m not in methods]:
        yield f"Left out to keep the page small: {'; '.join(absent)}."


def _shown(results: TaskResults, tested: set[str], most: int) -> list[Utterance]:
    """Whole dialogues, as many as fit."""
    dialogues: dict[str, list[Utterance]] = {}
    for row in read_rows(results.corpus / "utterances.csv", Utterance):
        if row.utterance_id in tested:
            dialogues.setdefault(row.dialogue_id, []).append(row)

    shown: list[Utterance] = []
    for rows in dialogues.values():
        if len(shown) + len(rows) <= most:
            shown += sorted(rows, key=lambda row: row.turn)
    return shown


def _classes(results: TaskResults) -> tuple[str, ...]:
    return SIGNS if results.task.measured == "sentiment" else results.classes


def _utterances(rows: Sequence[Utterance], shown: Shown) -> dict[str, Any]:
    """(U,) of each column; dialogues, speakers and files by number."""
    dialogues, speakers, files = Table(), Table(), Table()
    most = min(LONGEST_WORDS, max(40, MAX_LETTERS // max(len(rows), 1)))

    data: dict[str, Any] = {
        "ids": [row.utterance_id for row in rows],
        "dialogue": [dialogues.number(row.dialogue_id) for row in rows],
        "speaker": [speakers.number(row.speaker) for row in rows],
        "start": [round(row.start_s, 2) for row in rows],
        "end": [round(row.end_s, 2) if isfinite(row.end_s) else None for row in rows],
        "text": [_cut(row.text, most) for row in rows] if shown.is_text_shown else [],
        "media": [files.number(row.media) for row in rows] if shown.media else [],
    }
    found = [shown.media.link(name) for name in files.numbers] if shown.media else []
    names = {"dialogues": list(dialogues.numbers), "speakers": list(speakers.numbers)}
    return {**data, **names, "files": found}


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _gold(results: TaskResults, table: pd.DataFrame, places: Mapping[str, int]) -> list[Any]:
    """(U,) target of each utterance: the number of a class, or a value."""
    of = table.drop_duplicates("utterance_id").set_index("utterance_id")["target"]
    return _values(results, of[list(places)])


def _values(results: TaskResults, values: pd.Series) -> list[Any]:
    if results.task.measured != "classes":
        return [round(float(value), 2) for value in values]
    number = {name: place for place, name in enumerate(results.classes)}
    return [number[str(name)] for name in values]


def _method(
    results: TaskResults,
    method: MethodView,
    told: Told,
    places: Mapping[str, int],
    conditions: Sequence[str],
) -> dict[str, Any]:
    """(S, U) what was told, and how sure in tenths of a percent; -1 for a number unknown."""
    table = told.table[told.table["utterance_id"].isin(places)]
    rows = table["rate"].map({name: place for place, name in enumerate(conditions)})
    table, rows = table[rows.notna()], rows[rows.notna()].astype(int)
    columns = table["utterance_id"].map(places).astype(int)

    said: list[list[Any]] = [[None] * len(places) for _ in conditions]
    for row, column, value in zip(rows, columns, _values(results, table["predicted"]), strict=True):
        said[row][column] = value
    data = {"label": method.label, "told": said}
    if table["confidence"].notna().any():
        sure = np.full((len(conditions), len(places)), NOTHING_TOLD)
        tenths = (1000 * table["confidence"]).round().fillna(NOTHING_TOLD)
        sure[rows, columns] = tenths.astype(int)
        data["sure"] = sure.tolist()
    return data


def _states(states: States, places: Mapping[str, int], conditions: Sequence[str]) -> dict[str, Any]:
    """The different words, and (S, U) the number of each utterance's."""
    words = Table({"": 0})
    found = np.zeros((len(conditions), len(places)), dtype=np.int64)
    row_of = {name: place for place, name in enumerate(conditions)}
    for of_fold in reversed(list(states.values())):  # of several folds the first one is told
        for (condition, name), word in of_fold.items():
            if condition in row_of and name in places:
                found[row_of[condition], places[name]] = words.number(word)
    return {"words": list(words.numbers), "states": found.tolist()}


def _as_script(data: dict[str, Any]) -> str:
    """JSON that ends no element, whatever somebody said."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
